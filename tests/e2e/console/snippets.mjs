// A walk on which no button that writes is pressed: its code is copied from the page and run, and the page sees it done.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, executablePath, folder, kind, python, role] = process.argv.slice(2);
const LABELS = { boto3: "boto3", cli: "AWS CLI" };
const seen = { ran: [], failed: [], errors: [], violations: [] };
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(Number(process.env.PATIENCE ?? 60_000));
page.on("pageerror", (error) => seen.errors.push(error.message));
await page.addInitScript(() => {
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
});

const finish = async () => {
  seen.violations = await page.evaluate(() => window.violations);
  await browser.close();
  console.log(JSON.stringify(seen));
  process.exit(0);
};
const open = async (hash) => {
  await page.goto(`${url}/console/#/${hash}`);
  await page.reload();
  await page.locator("h1").waitFor();
  await page.locator(".loading").first().waitFor({ state: "detached" });
};
const say = (label, text) => page.getByLabel(label, { exact: true }).first().fill(text);
const choose = (label, option) => page.getByLabel(label, { exact: true }).first().selectOption(option);
const card = (title) => page.locator(".card", { has: page.getByRole("heading", { name: title, exact: true }) }).first();
const good = (where) => where.locator(".status.good").first().waitFor();

/** Run code, and end the walk at the first that is refused; `words` are what may be refused all the same. */
const execute = async (name, code, words) => {
  const [command, ...options] = kind === "boto3" ? [python, "-c"] : ["sh", "-c"];
  const done = spawnSync(command, [...options, code], { cwd: folder, encoding: "utf8", timeout: 240_000 });
  const said = `${done.stdout}${done.stderr}`;
  seen.ran.push(name);
  console.error(`${name} ${performance.now().toFixed(0)} ms`);
  if (done.status === 0 || words?.test(said)) return;
  seen.failed.push(`${name}: ${said.slice(-2000)}\n${code}`);
  await finish();
};
/** Copy the code that is shown for some step: as a person does, by its tab. */
const codeOf = async (details) => {
  await details.locator("summary").first().click();
  await details.getByRole("button", { name: LABELS[kind], exact: true }).click();
  const code = await details.locator("pre").textContent();
  await details.locator("summary").first().click();
  return code;
};
/** Do what a button would do, by its code. */
const insteadOf = async (button, { within = page.locator("body"), words } = {}) => {
  const has = page.locator(".plan", { has: page.getByRole("button", { name: button, exact: true, includeHidden: true }) });
  const plan = within.locator(has).first();
  await plan.waitFor({ state: "attached" });
  const folded = within.locator("details:not([open])").filter({ has });
  if (await folded.count()) await folded.first().locator("summary").first().click();
  await execute(button, await codeOf(plan.locator("details.same")), words);
};

// Films: the page's own files, saved beside the code.
await open("");
await page.getByText("The code takes").waitFor();
for (const name of ["items.csv", "interactions.csv"]) {
  const saved = page.waitForEvent("download");
  await page.getByRole("link", { name, exact: true }).click();
  await (await saved).saveAs(`${folder}/${name}`);
}
await insteadOf("Load the films");
await open("g/films/data");
for (const type of ["Interactions", "Items"]) await good(card(type).locator(".job"));

// A shop of one's own files, which have names of their own.
await open("");
await say("Name", "shop");
await insteadOf("Create it");
for (const type of ["Interactions", "Items"]) {
  await open(`g/shop/data?type=${type}`);
  await page.locator(`#file-${type}`).setInputFiles(`${folder}/my ${type}.csv`);
  await insteadOf(`Import my ${type}.csv`);
  await open("g/shop/data");
  await good(card(type).locator(".job"));
}
for (const recipe of ["aws-user-personalization-v2", "aws-item-affinity"]) {
  await open("g/shop/train");
  const folded = page.locator("details.card:not([open]) summary", { hasText: "New solution" });
  if (await folded.count()) await folded.click();
  await choose("Recipe", recipe);
  await page.getByText("Memory at the peak").waitFor();
  await insteadOf("Train");
}
await open("g/shop/train");
await good(card("item-affinity").locator(".job"));
await good(card("personal-v2").locator(".job"));
await insteadOf("Train a new version", { within: card("personal-v2") });

// A training that may be over before its code is copied: the page has not looked since, and the service says so.
await page.locator("details.card summary", { hasText: "New solution" }).click();
await choose("Recipe", "AutoML");
await page.getByText("Memory at the peak").waitFor();
await insteadOf("Train");
const before = async (route) => {
  if (!route.request().headers()["x-amz-target"]?.endsWith("DescribeSolutionVersion")) return route.continue();
  const response = await route.fetch();
  return route.fulfill({ response, body: (await response.text()).replace(/"ACTIVE"/g, '"CREATE IN_PROGRESS"') });
};
await page.route(`${url}/`, before);
await open("g/shop/train");
await insteadOf("Stop", { within: card("automl"), words: /ResourceInUse/ });
await page.unroute(`${url}/`, before);
await open("g/shop/train");
await good(card("personal-v2").locator(".job").nth(0));
await good(card("personal-v2").locator(".job").nth(1));

// What answers, and what it is told.
await open("g/shop/serve");
const version = page.getByLabel("Version", { exact: true }).first();
await version.selectOption(await version.locator("option", { hasText: /^personal-v2/ }).first().getAttribute("value"));
await insteadOf("Create the campaign", { within: card("New campaign") });
await open("g/shop/serve");
await good(card("personal-v2"));
await insteadOf("Switch", { within: card("personal-v2") });
await open("g/shop/test?user=reader-03");
await insteadOf("Create an event tracker");
await open("g/shop/test?user=reader-03");
await page.locator("ol.list li button").first().waitFor();
await execute("a click", await codeOf(card("What reader-03 did").locator("details.same")));
await execute("a list", await codeOf(page.locator("ol.list + p + details")));
await open("g/shop/events?user=somebody");
await say("Item", "shelf-2-book-4");
await insteadOf("Send the event");
await page.locator("ol.history li.new").first().waitFor();
await execute("events", await card("Send events").locator(".code pre").nth(kind === "boto3" ? 0 : 1).textContent());
await open("g/shop/filters");
await say("Name", "shelf");
await say("Expression", 'INCLUDE ItemID WHERE Items.SHELF IN ("it\'s", "three")');
await insteadOf("Create it");
await open("g/shop/filters");
await good(card("shelf"));

// Jobs of all kinds, of lines that are typed.
const JOBS = [
  ["Answer many at once", "Start the batch job", "batch", '{"userId": "reader-00"}\n{"userId": "it\'s me"}'],
  ["Find the users of a segment", "Start the segment job", "segments", '{"itemId": "shelf-2-book-4"}'],
  ["Export a dataset", "Export", "export", ""],
];
for (const [title, button, place, lines] of JOBS) {
  await open("g/shop/jobs");
  const form = card(title);
  if (lines) await form.getByLabel("Lines, a JSON object each").fill(lines);
  await form.getByLabel(lines ? "Results to" : "To", { exact: true }).fill(`s3://results/${place}/`);
  await form.getByLabel(/^Role that may/).fill(role);
  await insteadOf(button, { within: form });
  await open("g/shop/jobs");
  await good(page.getByRole("row").filter({ hasText: `s3://results/${place}/` }));
}
await open("settings");
await say("List of users", "s3://results/leavers.csv");
await say("Role that may read it", role);
await choose("Dataset group", { label: "shop" });
await insteadOf("Delete these users' data");
await open("settings");
await good(page.getByRole("row").filter({ hasText: "deletion-" }));

// A domain has recommenders.
await open("");
await say("Name", "market");
await choose("Domain", "ECOMMERCE");
await insteadOf("Create it");
await open("g/market/data?type=Interactions");
await page.locator("#file-Interactions").setInputFiles(`${folder}/views.csv`);
await insteadOf("Import views.csv");
await open("g/market/data");
await good(card("Interactions").locator(".job"));
await open("g/market/serve");
await choose("Use case", { label: "aws-ecomm-popular-items-by-views" });
await insteadOf("Create the recommender");
await open("g/market/serve");
await good(card("popular-items-by-views"));
for (const button of ["Stop", "Start", "Delete it"]) {
  await insteadOf(button, { within: card("popular-items-by-views") });
  if (button === "Delete it") break;
  await open("g/market/serve");
  await card("popular-items-by-views").locator(button === "Stop" ? ".status.off" : ".status.good").waitFor();
}

// Everything goes again that the page can delete.
for (const [place, title] of [["filters", "shelf"], ["events", "Event tracker shop"], ["serve", "personal-v2"], ["train", "item-affinity"]]) {
  await open(`g/shop/${place}`);
  await insteadOf("Delete it", { within: card(title) });
  await open(`g/shop/${place}`);
  await card(title).waitFor({ state: "detached" });
}
await open("");
await say("Name", "empty");
await insteadOf("Create it");
await open("g/empty");
await page.getByText("Delete this dataset group").click();
await page.getByLabel("Delete empty for good").check();
await page.getByText("Delete this dataset group").click();
await insteadOf("Delete it");
await open("");
await page.getByRole("link", { name: "empty", exact: true }).waitFor({ state: "detached" });
await finish();
