// A newcomer with files of their own, from an empty service to recommendations; prints what was seen as JSON.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, chromiumPath, files, pictures] = process.argv.slice(2);
const seen = { clicks: 0, violations: [], errors: [], sideways: [], axe: [], inspected: 0, refused: [], requests: [] };
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const PATIENCE = Number(process.env.PATIENCE ?? 120_000);
const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

const browser = await chromium.launch({ executablePath: chromiumPath, args: QUIET });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(PATIENCE);
await page.addInitScript(() => {
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
});
page.on("pageerror", (error) => seen.errors.push(error.message));
page.on("response", (response) => { if (response.status() >= 400) seen.refused.push(`${response.status()} ${response.url()}`); });
page.on("request", (request) => {
  const { pathname } = new URL(request.url());
  if (request.method() !== "POST" || pathname.startsWith("/console/")) return;
  seen.requests.push({ path: pathname, target: request.headers()["x-amz-target"] ?? "", body: request.postData() });
});

const press = async (name) => {
  seen.clicks += 1;
  await page.getByRole("button", { name, exact: true }).first().click();
};
const follow = async (name) => {
  seen.clicks += 1;
  await page.getByRole("link", { name, exact: true }).first().click();
};
const say = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
const listed = () => page.locator("ol.list li strong").allTextContents();
const begin = Date.now();

await page.goto(`${url}/console/`);
await page.getByText("Nothing is here yet").waitFor();
await say("Name", "shop");
await press("Create it");
for (const type of ["Interactions", "Items"]) {
  await page.getByRole("heading", { name: "Data", exact: true }).waitFor();
  if (type === "Items") {
    seen.clicks += 1;
    await page.locator("section", { has: page.getByRole("heading", { name: type, exact: true }) }).getByRole("button").first().click();
  }
  seen.clicks += 1;
  await page.locator(`#file-${type}`).setInputFiles(`${files}/${type.toLowerCase()}.csv`);
  await press(`Import ${type.toLowerCase()}.csv`);
  await page.locator("section", { has: page.getByRole("heading", { name: type, exact: true }) }).locator(".job .status.good").waitFor();
}
await follow("Train");
await press("Train");
await page.locator(".job progress").waitFor();
await page.getByRole("link", { name: "Serve it" }).waitFor();
await follow("Serve it");
await press("Create the campaign");
await follow("Test it");
await page.getByText("reader-00", { exact: true }).first().click();
seen.clicks += 1;
await page.locator("ol.list li").first().waitFor();
seen.seconds = (Date.now() - begin) / 1000;
console.error(`recommendations after ${seen.seconds.toFixed(0)} s`);
await page.getByText("after", { exact: false }).first().waitFor();
await press("Create an event tracker");
await say("User", "a newcomer");
await page.getByText("Nothing that this model knows of").waitFor();
await page.locator("ol.list li button").first().waitFor();
seen.before = await listed();
// Of the shelf that is rarest in the list of a newcomer.
const shelves = seen.before.map((title) => /shelf-\d /.exec(title)[0]);
const often = (shelf) => shelves.filter((each) => each === shelf).length;
seen.shelf = shelves.toSorted((one, other) => often(one) - often(other))[0];
const wanted = page.locator("ol.list li", { hasText: seen.shelf }).first();
for (let turn = 0; turn < 2; turn += 1) {
  const answered = page.waitForResponse((response) => response.url().endsWith("/recommendations"));
  await wanted.getByRole("button").click();
  await answered;
  await page.waitForTimeout(300);
}
seen.after = await listed();
seen.history = await page.locator("ol.history li.new").count();
await page.reload();
await page.locator("ol.list li").first().waitFor();
seen.afterReload = { user: await page.getByLabel("User", { exact: true }).inputValue(), list: await listed() };
await page.locator("ol.list + p + details summary").click();
seen.boto3 = await page.locator("ol.list + p + details pre").textContent();
await page.locator("ol.list + p + details").getByRole("button", { name: "AWS CLI" }).click();
seen.cli = await page.locator("ol.list + p + details pre").textContent();
if (pictures) await page.screenshot({ path: `${pictures}/test.png` });

await page.goto(`${url}/console/#/g/shop/filters`);
await say("Name", "of a shelf");
await say("Expression", "INCLUDE ItemID WHERE Items.NOWHERE IN (");
await press("Create it");
await page.getByRole("alert").waitFor();
seen.problem = await page.getByRole("alert").textContent();
await say("Name", "shelf");
await say("Expression", "INCLUDE ItemID WHERE Items.SHELF IN ($SHELF)");
await press("Try again");
await page.getByText("Dry run").click();
await say("$SHELF", "three");
await press("Run");
seen.passing = await page.getByText("items pass").textContent();

// Every screen as everybody may see it: with data, with nothing in it and with nothing that answers, in light and in
// dark, on a telephone and enlarged to twice its size.
await page.goto(`${url}/console/#/`);
await page.getByLabel("Name", { exact: true }).fill("bare");
await page.getByRole("button", { name: "Create it", exact: true }).click();
await page.getByRole("heading", { name: "Data", exact: true }).waitFor();
const SIZES = { "at 360 px": { width: 360, height: 740 }, "at 200 %": { width: 640, height: 450 } };
const inspect = async (name) => {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  seen.axe.push(...found.violations.map((each) => `${name} ${each.id}: ${each.nodes[0].html.slice(0, 160)}`));
  const picture = async (size) => { if (pictures) await page.screenshot({ path: `${pictures}/${`${name} ${size}`.trim().replace(/\W+/g, "-")}.png`, fullPage: true }); };
  await picture("");
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    const [whole, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    if (whole > there) seen.sideways.push(`${name} ${size} ${whole}`);
    if (size === "at 360 px") await picture(size);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  seen.violations.push(...(await page.evaluate(() => window.violations)));
  seen.inspected += 1;
};
const PARTS = ["", "data?type=Users", "insights", "train", "serve", "test?user=reader-01", "item", "filters", "events", "jobs", "answers"];
for (const scheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme: scheme });
  for (const place of ["/", "/settings", ...PARTS.map((part) => `/g/shop/${part}`), ...PARTS.map((part) => `/g/bare/${part}`)]) {
    await page.goto(`${url}/console/#${place}`);
    await page.locator("h1").waitFor();
    await page.locator(".loading").first().waitFor({ state: "detached" });
    await page.waitForLoadState("networkidle");
    await inspect(`${scheme} ${place === "/" ? "home" : place.slice(1)}`);
  }
  console.error(`${scheme} ${((Date.now() - begin) / 1000).toFixed(0)} s`);
  // The dataset group is known, and then nobody is there any more.
  await page.goto(`${url}/console/#/g/shop/`);
  await page.getByText("What happened last").first().waitFor();
  const gone = (route) => (route.request().method() === "POST" ? route.abort() : route.continue());
  await page.route("**/*", gone);
  for (const part of PARTS.slice(1)) {
    await page.goto(`${url}/console/#/g/shop/${part}`);
    await page.getByRole("alert").first().waitFor();
    await inspect(`${scheme} down ${part}`);
  }
  await page.unroute("**/*", gone);
}
seen.hacked = await page.evaluate(() => window.hacked ?? false);

// With the keyboard alone: over the link that skips, to the first dataset group and into it.
await page.setViewportSize({ width: 1280, height: 900 });
await page.goto(`${url}/console/#/`);
await page.reload();
await page.getByRole("link", { name: "shop" }).waitFor();
await page.keyboard.press("Tab");
const focused = () => page.evaluate(() => document.activeElement?.textContent);
seen.first = await focused();
await page.keyboard.press("Enter");
for (let turn = 0; turn < 5 && (await focused()) !== "shop"; turn += 1) await page.keyboard.press("Tab");
await page.keyboard.press("Enter");
await page.getByRole("heading", { name: "shop", exact: true }).waitFor();

// The service is gone, refuses, or has enough.
const refuse = async (answer) => {
  await page.route("**/*", (route) => (route.request().method() === "POST" ? answer(route) : route.continue()));
  await page.goto(`${url}/console/#/g/shop`);
  await page.reload();
  await page.getByRole("alert").first().waitFor();
  const text = await page.getByRole("alert").first().textContent();
  await page.unroute("**/*");
  return text;
};
const answering = (status, code) => (route) => route.fulfill({ status, body: JSON.stringify({ __type: code, message: "no" }) });
seen.failures = {
  down: await refuse((route) => route.abort()),
  denied: await refuse(answering(403, "AccessDeniedException")),
  throttled: await refuse(answering(429, "ThrottlingException")),
  expired: await refuse(answering(403, "ExpiredTokenException")),
};
await browser.close();
console.log(JSON.stringify(seen));
