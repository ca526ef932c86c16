// What recommendations brought: an attribution from its form to its figures, and other exploration weights.
import { looking } from "./looking.mjs";

const [url, executablePath, role, pictures] = process.argv.slice(2);
const { seen, page, press, say, choose, open, inspect, end } = await looking(url, executablePath, pictures);
const DAY = 86_400;
const now = Math.floor(Date.now() / 1000);
const MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:tastemaker-schedule";

const ask = async (service, path, members, more = {}) => {
  const authorization = `AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = { "content-type": "application/x-amz-json-1.0", authorization, ...more };
  const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(members) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} ${text}`);
  return JSON.parse(text || "{}");
};
const control = (operation, members) => ask("personalize", "/", members, { "x-amz-target": `AmazonPersonalize.${operation}` });
/** Record events of a user, ten at once. */
const put = async (trackingId, userId, events) => {
  for (let at = 0; at < events.length; at += 10) {
    const eventList = events.slice(at, at + 10).map((each) => ({ eventType: "read", properties: '{"device": "phone"}', ...each }));
    await ask("personalize", "/events", { trackingId, userId, sessionId: userId, eventList });
  }
};
/** Let the schedule look once, with days so short that what was recorded seconds ago is counted. */
const look = () => ask("states", "/", { stateMachineArn: MACHINE, input: '{"day": 1440, "training": false}' }, { "x-amz-target": "AWSStepFunctions.StartExecution" });

// Nothing is counted: what an attribution is, and its form.
await open("impact");
await page.getByText("A metric attribution counts what users do").waitFor();
await say("Role that puts the figures", role);
await press("One more metric");
const second = page.locator("fieldset").nth(1);
await second.getByLabel("Metric's name", { exact: true }).fill("worth");
await second.getByLabel("How", { exact: true }).selectOption("SUM(Items.PRICE)");
await say("Reports of imports to", "s3://results/impact/");
seen.options = await second.getByLabel("How", { exact: true }).locator("option").allTextContents();
await page.getByText("The same with boto3 or the AWS CLI").first().click();
seen.code = await page.locator("details.same[open] pre").first().textContent();
await inspect("impact-new");
await press("Begin to count");
await page.getByText("Nothing was counted in these days").waitFor();
await inspect("impact-nothing");

// Answers are asked for, and events name them, or a source of their own, or nothing.
const [tracker] = (await control("ListEventTrackers", {})).eventTrackers;
const { trackingId } = (await control("DescribeEventTracker", { eventTrackerArn: tracker.eventTrackerArn })).eventTracker;
const [campaign] = (await control("ListCampaigns", {})).campaigns;
seen.campaign = campaign.campaignArn;
seen.sent = { explorer: 0, newsletter: 0, search: 0, undefined: 0 };
for (let turn = 0; turn < 150; turn += 1) {
  const userId = `reader-${String(turn % 60).padStart(2, "0")}`;
  const { recommendationId, itemList } = await ask("personalize", "/recommendations", { campaignArn: campaign.campaignArn, userId, numResults: 10 });
  // The young ones are liked: those of each shelf with a number below four.
  const liked = itemList.filter(({ itemId }, place) => Number(itemId.split("-")[3]) < 4 ? (turn + place) % 3 === 0 : (turn + place) % 12 === 0);
  await put(trackingId, userId, liked.map(({ itemId }, at) => ({ itemId, recommendationId, sentAt: now - ((turn + at) % 7) * DAY - turn })));
  seen.sent.explorer += liked.length;
}
const itemId = "shelf-2-book-4";
for (let day = 0; day < 13; day += 1) {
  const letters = Array.from({ length: 4 + ((day * 5) % 9) }, (_, at) => ({ itemId, sentAt: now - day * DAY - at, metricAttribution: { eventAttributionSource: "newsletter" } }));
  const found = Array.from({ length: 2 + (day % 3) }, (_, at) => ({ itemId, sentAt: now - day * DAY - 60 - at, metricAttribution: { eventAttributionSource: "search" } }));
  const none = day % 2 ? [{ itemId, sentAt: now - day * DAY - 120 }] : [];
  await put(trackingId, `reader-${String(day).padStart(2, "0")}`, [...letters, ...found, ...none]);
  for (const [name, list] of Object.entries({ newsletter: letters, search: found, undefined: none })) seen.sent[name] += list.length;
}
const rows = page.getByRole("region", { name: "What each source brought" }).getByRole("row");
const cells = (of) => of.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
for (let looks = 0; looks < 40; looks += 1) {
  await page.waitForTimeout(1500);
  await look();
  await page.waitForTimeout(1500);
  await press("Look again");
  await page.waitForTimeout(500);
  if ((await rows.count()) === 5) break;
}
seen.rows = await cells(rows);
seen.verdict = await page.locator(".note").first().textContent();
await page.getByText("Day by day").click();
seen.days = await page.getByRole("region", { name: "Days" }).getByRole("row").count();
await page.getByText("Day by day").click();
await choose("Of the last", "14");
await page.getByText("Recommendations brought").waitFor();

// Every weight, judged by the same answers.
await choose("What counts as earned", "read");
await press("Judge other weights");
const judged = page.getByRole("group", { name: "What other weights would have earned" });
await judged.getByText("Answers that could explore").waitFor();
seen.judged = { facts: await judged.locator("dl").first().textContent(), verdict: await judged.locator(".note").first().textContent() };
await judged.getByText("The same as a table").click();
seen.judged.rows = await cells(judged.getByRole("region", { name: "Weights" }).getByRole("row"));
await judged.getByText("The same as a table").click();
await inspect("impact");

// A link leads back to all of it.
await choose("Metric", "worth");
await page.getByRole("columnheader", { name: "Each", exact: true }).waitFor();
seen.link = new URL(page.url()).hash;
await page.reload();
await page.getByRole("columnheader", { name: "Each", exact: true }).waitFor();
await judged.getByText("Answers that could explore").waitFor();
seen.worth = await cells(rows);

// Where nobody works it out, the command is named.
await page.route("**/console/off-policy", (route) => route.fulfill({ status: 404 }));
await choose("What counts as earned", "*");
await press("Judge other weights");
seen.command = await judged.locator(".note.warn code").textContent();
await page.unroute("**/console/off-policy");
await choose("What counts as earned", "read");
await press("Judge other weights");
await judged.getByText("Explore with another weight").click();
await choose("explorationWeight", "0.5");
await press("Explore so");
await judged.getByText("now 0.5").waitFor();

// The service refuses, or is gone: what was typed stays, and another try does it.
const card = page.locator("section.card", { has: page.getByRole("heading", { name: "Attribution shop" }) });
const refused = (route) => (route.request().method() === "POST" ? route.fulfill({ status: 403, body: JSON.stringify({ __type: "AccessDeniedException", message: "no" }) }) : route.continue());
const gone = (route) => (route.request().method() === "POST" ? route.abort() : route.continue());
const alert = page.getByRole("alert").first();
seen.failures = {};
await card.getByText("Change it", { exact: true }).first().click();
await card.getByLabel("Metric's name", { exact: true }).fill("seen");
await card.getByLabel("Event type", { exact: true }).fill("read");
await card.getByLabel("A metric less", { exact: true }).selectOption("worth");
await page.route("**/*", refused);
await card.getByRole("button", { name: "Change it", exact: true }).click();
await alert.waitFor();
seen.failures.form = await alert.textContent();
await page.unroute("**/*", refused);
await card.getByRole("button", { name: "Try again", exact: true }).click();
await card.getByRole("cell", { name: "seen", exact: true }).waitFor();
seen.metrics = await cells(card.getByRole("region", { name: "Metrics" }).getByRole("row"));
await page.route("**/*", gone);
await press("Look again");
await alert.waitFor();
seen.failures.screen = await alert.textContent();
await inspect("impact-failure");
await page.unroute("**/*", gone);
await alert.waitFor({ state: "detached" });

// Deleted, it leaves the form as it was at first.
await card.getByText("Delete it", { exact: true }).first().click();
await card.getByRole("button", { name: "Delete it", exact: true }).click();
await page.getByText("A metric attribution counts what users do").waitFor();
await end();
