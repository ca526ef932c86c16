// Somebody signs in at a Cognito of this machine, stays for hours, and signs out; prints what was seen as JSON.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, cognito, chromiumPath] = process.argv.slice(2);
const seen = { violations: [], errors: [], stored: [], axe: [] };
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const set = async (what) => (await fetch(`${cognito}/set?${new URLSearchParams(what)}`, { method: "POST" })).json();

const browser = await chromium.launch({ executablePath: chromiumPath, args: QUIET });
const page = await browser.newPage();
page.setDefaultTimeout(Number(process.env.PATIENCE ?? 60_000));
await page.addInitScript(() => {
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
});
page.on("pageerror", (error) => seen.errors.push(error.message));
const signedWith = [];
page.on("request", (request) => { if (request.headers()["x-amz-security-token"]) signedWith.push(request.headers()["x-amz-security-token"]); });
const enter = () => page.getByRole("button", { name: "Sign in", exact: true });
const alert = () => page.getByRole("alert").first().textContent();
const stored = () => page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage } }));
const quotas = () => page.getByRole("row", { name: /Dataset groups/ });
const look = async () => {
  seen.violations.push(...(await page.evaluate(() => window.violations)));
  seen.stored.push(await stored());
};
const later = async (seconds) => {
  await set({ ahead: seconds });
  await page.clock.setSystemTime(Date.now() + seconds * 1000);
};
const show = async (hash, what) => {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await what.first().waitFor();
};

// Another's code, in place of the answer that this browser waits for.
await page.goto(`${url}#/settings`);
await enter().waitFor();
await page.evaluate(axe);
seen.axe = (await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }))).violations.map((each) => each.id);
await page.route(`${cognito}/**`, (route) => route.fulfill({ status: 204 }));
const left = page.waitForRequest((request) => request.url().includes("/oauth2/authorize"));
await enter().click();
seen.authorize = (await left).url();
seen.pending = (await stored()).session;
await page.unroute(`${cognito}/**`);
await page.goto(`${url}?code=of-another&state=wrong`);
await page.getByRole("alert").first().waitFor();
seen.wrongState = await alert();
seen.afterWrongState = (await set({})).asked;
await look();

// A token for another sign-in.
await set({ nonce: "of another" });
await enter().click();
await page.getByText("another sign-in").waitFor();
seen.wrongNonce = await alert();
seen.afterWrongNonce = (await set({})).asked;
await look();

// The right way, back to where it began.
await page.evaluate(() => { location.hash = "#/settings"; });
await enter().click();
await quotas().waitFor();
seen.place = page.url();
await look();

// A right that only editors have, and keys that the API does not take.
seen.denied = [];
for (const code of ["AccessDeniedException", "ExpiredTokenException"]) {
  const body = JSON.stringify({ __type: code, message: "no" });
  await page.route("**/prod/**", (route) => route.fulfill({ status: 403, headers: { "access-control-allow-origin": "*" }, body }));
  await show("#/", page.getByRole("alert"));
  seen.denied.push(await alert());
  await page.unroute("**/prod/**");
  await show("#/settings", quotas());
}

// What a job has written is in S3, which this page does not ask.
const arn = (kind, name) => `arn:aws:personalize:us-east-1:123456789012:${kind}/${name}`;
const group = { name: "shop", datasetGroupArn: arn("dataset-group", "shop"), status: "ACTIVE" };
const written = {
  datasetExportJobArn: arn("dataset-export-job", "all"), datasetArn: arn("dataset", "shop/ITEMS"), jobName: "all", status: "ACTIVE",
  jobOutput: { s3DataDestination: { path: "s3://results/export/" } },
};
const REPLIES = {
  ListDatasetGroups: { datasetGroups: [group] }, DescribeDatasetGroup: { datasetGroup: group },
  ListDatasets: { datasets: [{ name: "items", datasetArn: written.datasetArn }] },
  ListDatasetExportJobs: { datasetExportJobs: [written] }, DescribeDatasetExportJob: { datasetExportJob: written },
};
await page.route("**/prod/**", (route) => {
  const operation = (route.request().headers()["x-amz-target"] ?? "").split(".").pop();
  return route.fulfill({ headers: { "access-control-allow-origin": "*" }, body: JSON.stringify(REPLIES[operation] ?? {}) });
});
await show("#/g/shop/jobs", page.getByText("so it reads no files"));
seen.results = await page.locator("section.card", { hasText: "so it reads no files" }).locator("pre").textContent();
await page.unroute("**/prod/**");
await show("#/settings", quotas());
await look();

// Keys that are about to end; tokens and keys that have ended.
await later(56 * 60);
await page.route(`${cognito}/**`, (route) => route.abort());
await show("#/", page.getByText("Nothing is here yet"));
seen.withoutCognito = [...new Set(signedWith)];
await page.unroute(`${cognito}/**`);
await show("#/settings", quotas());
await show("#/", page.getByText("Nothing is here yet"));
seen.afterAnHour = (await set({ ahead: 56 * 60 })).asked;
await later(4 * 3600);
await show("#/settings", quotas());
await look();

// Nobody may any more; the place stays.
await later(6 * 3600);
await set({ open: "no" });
await page.evaluate(() => { location.hash = "#/"; });
await enter().waitFor();
seen.ended = await alert();
seen.placeOfEnd = page.url();
await look();
await set({ open: "yes" });
await enter().click();
await page.getByText("Nothing is here yet").waitFor();
await show("#/settings", page.getByRole("button", { name: "Sign out" }));
await page.getByRole("button", { name: "Sign out" }).click();
await enter().waitFor();
await look();
seen.asked = (await set({})).asked;
await browser.close();
console.log(JSON.stringify(seen));
