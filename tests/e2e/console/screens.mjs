// Screens of a shop whose models answer: each part prints what was seen, as JSON.
import { looking } from "./looking.mjs";

const [url, executablePath, role, pictures] = process.argv.slice(2);
const { seen, page, press, say, choose, open, inspect, end } = await looking(url, executablePath, pictures);
/** Wait until the ids stand beside the names of a whole list. */
const named = () => page.waitForFunction(() => {
  const [rows, ids] = ["ol.list li", "ol.list li .what > code"].map((path) => document.querySelectorAll(path).length);
  return rows > 0 && rows === ids;
});

// What a training will take, before its button; the first look comes before the import has ended.
let early = true;
await page.route(`${url}/`, async (route) => {
  if (!early || !(route.request().headers()["x-amz-target"] ?? "").endsWith("GetDataInsights")) return route.fallback();
  early = false;
  const reply = await route.fetch();
  const told = await reply.json();
  const datasets = told.datasets.map(({ datasetArn, datasetType, individualRecords }) => ({ datasetArn, datasetType, bulkRecords: 0, individualRecords, columns: [] }));
  return route.fulfill({ response: reply, json: { ...told, datasets } });
});
await open("train");
await page.getByText("New solution").click();
const quote = page.getByRole("group", { name: "What it will take" });
await quote.getByText("Memory at the peak").waitFor();
seen.quote = { personal: await quote.textContent() };
await inspect("train");
await choose("Recipe", "AutoML");
await page.waitForFunction((before) => document.querySelector(".quote")?.textContent !== before, seen.quote.personal);
await quote.getByText("Memory at the peak").waitFor();
seen.quote.automatic = await quote.textContent();

// A promotion and a context of the test panel.
await open("test?user=reader-00");
await page.getByText("Item, promotion, context, how many").click();
await choose("Promote what passes", { label: "shelf" });
await say("Percent of the list", "50");
await say("Promoted $SHELF", "three");
await page.locator("ol.list li .promoted").nth(4).waitFor();
const told = page.waitForResponse((response) => response.url().endsWith("/recommendations") && response.request().postData().includes("phone"));
await press("DEVICE=phone");
await told;
await page.locator("ol.list li .promoted").nth(4).waitFor();
await named();
seen.promoted = await page.locator("ol.list li", { has: page.locator(".promoted") }).locator("strong").allTextContents();
seen.listed = await page.locator("ol.list li").count();
seen.context = { text: await page.getByLabel("Context, a COLUMN=value a line").inputValue() };
await page.locator("ol.list + p + details summary").click();
seen.context.code = await page.locator("ol.list + p + details pre").textContent();
await page.locator("ol.list + p + details summary").click();
await inspect("test");
await press("DEVICE=phone");
seen.context.after = await page.getByLabel("Context, a COLUMN=value a line").inputValue();
await say("Context, a COLUMN=value a line", "phone");
seen.context.wrong = await page.getByText("Left out for want of a =").textContent();

// Events: one that is sent here and one of another client, both seen without asking; the list follows.
await open("events?user=newcomer");
await page.getByText("Nothing is recorded of this user yet").waitFor();
await named();
const listed = () => page.locator("ol.list li strong").allTextContents();
seen.live = { before: await listed() };
await say("Item", "shelf-2-book-4");
await say("Event type", "read");
await say("DEVICE", "phone");
await press("Send the event");
await page.locator("ol.history li.new").first().waitFor();
await page.locator("ol.list .move").first().waitFor();
await named();
seen.live.after = await listed();
await fetch(`${url}/events`, {
  method: "POST", headers: { "content-type": "application/json", authorization: "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/personalize/aws4_request, Signature=0" },
  body: JSON.stringify({
    trackingId: JSON.parse(seen.requests.find((each) => each.path === "/events").body).trackingId, userId: "newcomer", sessionId: "elsewhere",
    eventList: [{ eventType: "read", itemId: "shelf-4-book-1", sentAt: Math.floor(Date.now() / 1000) + 1, properties: '{"device": ""}' }],
  }),
});
await page.locator("ol.history li.new").nth(1).waitFor();
await page.locator("ol.history").getByText("Book 1 of four").waitFor();
seen.live.code = await page.locator(".code pre").allTextContents();
seen.live.history = await page.locator("ol.history li strong").allTextContents();
await inspect("events");
// Of everybody: both events are there, and a name leads to its user.
await open("events");
await page.getByRole("heading", { name: "Newest of everybody" }).waitFor();
await page.locator("ol.history").getByText("Book 1 of four").waitFor();
seen.live.everybody = await page.locator("ol.history li").evaluateAll((rows) => rows.map((row) => [row.querySelector("button").textContent, row.querySelector("strong").textContent]));
await inspect("everybody");
await page.locator("ol.history").getByRole("button", { name: "newcomer" }).first().click();
await page.getByRole("heading", { name: "Newest of newcomer" }).waitFor();
await named();
// With the keyboard alone: from the item over the other fields to the button.
await page.getByLabel("Item", { exact: true }).focus();
await page.keyboard.press("Control+A");
await page.keyboard.type("shelf-1-book-2");
for (let turn = 0; turn < 9 && (await page.evaluate(() => document.activeElement?.textContent)) !== "Send the event"; turn += 1) await page.keyboard.press("Tab");
await page.keyboard.press("Enter");
await page.locator("ol.history").getByText("Book 2 of one").waitFor();
seen.live.keyboard = await page.locator("ol.history li.new").count();

// An item, from a list to its page: what is known, what goes with it, what keeps it out.
await open("test?user=reader-03");
await named();
await page.getByRole("link", { name: "Book 4 of three", exact: true }).click();
await page.getByText("in the histories that personal keeps").waitFor();
await named();
seen.item = { facts: await page.locator("dl.facts").first().textContent(), like: await listed() };
await say("$SHELF", "two");
await page.getByText("does not pass").waitFor();
seen.item.kept = await page.locator(".note.warn").textContent();
await inspect("item");
await page.reload();
await page.getByText("does not pass").waitFor();
await say("$SHELF", "three");
await page.getByText("shelf-3-book-4 passes").waitFor();
await say("Item", "nowhere");
await page.getByText("personal does not know it").waitFor();

// Jobs: many answers, segments and an export, each to its end.
await open("jobs");
const card = (title) => page.locator("section.card", { has: page.getByRole("heading", { name: title, exact: true }) });
const fill = async (title, label, text) => card(title).getByLabel(label, { exact: true }).fill(text);
const JOBS = [
  ["Answer many at once", "Start the batch job", "batch/", "read the lines and write the results", '{"userId": "reader-00"}\n{"userId": "reader-03"}'],
  ["Find the users of a segment", "Start the segment job", "segments/", "read the lines and write the results", '{"itemId": "shelf-2-book-4"}'],
  ["Export a dataset", "Export", "export/", "write there", ""],
];
const version = card(JOBS[0][0]).getByLabel("Version", { exact: true });
await version.selectOption(await version.locator("option", { hasText: /^personal/ }).getAttribute("value"));
const first = page.locator("section.card", { has: page.getByRole("heading", { name: /^First lines of / }) });
const firstLines = async (name) => {
  await first.getByRole("heading", { name }).waitFor();
  await first.getByRole("row").nth(1).waitFor();
  return first.getByRole("row").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
};
seen.first = {};
for (const [title, button, folder, what, lines] of JOBS) {
  if (lines) await fill(title, "Lines, a JSON object each", "{");
  if (lines) seen.wrong = await card(title).getByText("is not a JSON object").textContent();
  if (lines) await fill(title, "Lines, a JSON object each", lines);
  await fill(title, lines ? "Results to" : "To", `s3://results/${folder}`);
  await fill(title, `Role that may ${what}`, role);
  if (title === "Answer many at once") await inspect("jobs");
  await card(title).getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("row").filter({ hasText: `s3://results/${folder}` }).locator(".status.good").waitFor();
  seen.first[folder] = await firstLines(lines ? /-(inference|segment)-/ : /export-/);
}
await page.getByRole("row").filter({ hasText: "s3://results/batch/" }).getByRole("link", { name: "First lines" }).click();
seen.first.again = await firstLines(/-inference-/);
seen.first.command = await first.locator("pre").textContent();
await inspect("results");
seen.rows = await page.getByRole("row").allTextContents();

// What was typed stays while Settings are looked at, and Settings' own while something else is.
const away = async (from) => {
  await page.getByRole("link", from === "settings" ? { name: "Tastemaker" } : { name: /^local/ }).click();
  await page.getByRole("heading", { name: from === "settings" ? "Dataset groups" : "Settings" }).waitFor();
  await page.goBack();
};
const DRAFTS = {
  "g/shop/data?type=Users": { "Schema, as the file's first rows suggest it": "{}", "Role that may read it": "a role" },
  "g/market/serve": { Name: "of mine" },
  "g/shop/filters": { $SHELF: "two" },
  settings: { "URL of a deployment": "https://a.example/prod", Region: "eu-west-1", "Access key id": "AKID", "List of users": "s3://b/c.csv" },
};
seen.drafts = {};
for (const [place, fields] of Object.entries(DRAFTS)) {
  await page.goto(`${url}/console/#/${place}`);
  if (place.includes("data")) await page.locator("#file-Users").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from("USER_ID,AGE\na,1\n") });
  if (place.includes("filters")) await page.getByText("Dry run").click();
  for (const [label, text] of Object.entries(fields)) await say(label, text);
  await away(place);
  await page.getByLabel(Object.keys(fields)[0], { exact: true }).waitFor();
  seen.drafts[place] = {};
  for (const label of Object.keys(fields)) seen.drafts[place][label] = await page.getByLabel(label, { exact: true }).first().inputValue();
  if (place.includes("data")) seen.drafts.file = await page.getByRole("button", { name: "Import people.csv" }).count();
}
seen.typed = DRAFTS;

// The service is gone, refuses, has enough, or the keys are too old: nothing typed is lost, and another try does it.
const answering = (status, code) => (route) => route.fulfill({ status, contentType: "application/x-amz-json-1.1", body: JSON.stringify({ __type: code, message: "no" }) });
const FAILURES = {
  down: (route) => route.abort(), denied: answering(403, "AccessDeniedException"), throttled: answering(429, "ThrottlingException"),
  expired: answering(403, "ExpiredTokenException"),
};
const alert = page.getByRole("alert").first();
seen.failures = {};
for (const [name, answer] of Object.entries(FAILURES)) {
  const failing = (route) => (route.request().method() === "POST" ? answer(route) : route.continue());
  const told = {};
  await open("filters");
  await say("Name", name);
  await say("Expression", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")');
  await page.route("**/*", failing);
  await press("Create it");
  await alert.waitFor();
  told.form = await alert.textContent();
  if (name === "throttled") await inspect("failure");
  await page.getByRole("link", { name: /^local/ }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.unroute("**/*", failing);
  await page.goBack();
  await page.getByRole("heading", { name: "shelf", exact: true }).waitFor();
  told.kept = [await page.getByLabel("Name", { exact: true }).inputValue(), await page.getByLabel("Expression", { exact: true }).inputValue()];
  await page.route("**/*", failing);
  await press("Create it");
  await alert.waitFor();
  await page.unroute("**/*", failing);
  await press("Try again");
  await page.locator("section.card", { has: page.getByRole("heading", { name, exact: true }) }).locator(".status.good").waitFor();
  told.after = await page.getByLabel("Name", { exact: true }).inputValue();

  await page.route("**/*", failing);
  await page.goto(`${url}/console/#/g/shop/serve`);
  await alert.waitFor();
  told.screen = await alert.textContent();
  await page.unroute("**/*", failing);
  // What passes is asked for again without a click.
  if (["denied", "expired"].includes(name)) await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "personal", exact: true }).first().waitFor();

  await open("test?user=reader-01");
  await named();
  await page.route("**/events", answer);
  await page.locator("ol.list li button").first().click();
  await alert.waitFor();
  told.event = await alert.textContent();
  await page.unroute("**/events", answer);
  await page.locator("ol.list li button").first().click();
  await page.locator("ol.history li.new").first().waitFor();
  await alert.waitFor({ state: "detached" });
  seen.failures[name] = told;
}

// An empty deployment, whose account nobody knows before something is in it.
await page.goto(`${url}/console/#/settings`);
for (const [label, text] of [["URL of a deployment", url], ["Region", "eu-west-1"], ["Access key id", "a"], ["Secret access key", "b"]]) await say(label, text);
await press("Use it");
await page.getByText("signed for execute-api with a").waitFor();
await page.getByRole("link", { name: "Tastemaker" }).click();
await page.getByText("Nothing is here yet").waitFor();
seen.empty = { films: await page.getByRole("button", { name: "Load the films" }).count() };
await say("Name", "afar");
await page.getByText("The same with boto3").first().click();
seen.empty.code = await page.locator(".plan pre").first().textContent();
await press("Create it");
await page.getByRole("heading", { name: "Data", exact: true }).waitFor();
seen.empty.place = page.url();

await end();
