// The steps of docs/getting-started/console.md, as it has them; prints the first five of the list at their end.
import { chromium } from "playwright-core";

const [url, executablePath, files, pictures] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 760 } });
page.setDefaultTimeout(60_000);
const press = (name) => page.getByRole("button", { name, exact: true }).first().click();
const follow = (name) => page.getByRole("link", { name, exact: true }).first().click();
const card = (title) => page.locator("section", { has: page.getByRole("heading", { name: title, exact: true }) });
const shoot = async (name) => { if (pictures) await page.screenshot({ path: `${pictures}/guide-${name}.png` }); };

await page.goto(`${url}/console/`);
await page.getByLabel("Name", { exact: true }).fill("groceries");
await press("Create it");
await page.locator("#file-Interactions").setInputFiles(`${files}/interactions.csv`);
await press("Import interactions.csv");
await card("Interactions").locator(".job .status.good").waitFor();
await card("Items").getByRole("button", { name: "Import a CSV file" }).click();
await page.locator("#file-Items").setInputFiles(`${files}/items.csv`);
await press("Import items.csv");
await card("Items").locator(".job .status.good").waitFor();
await follow("Train");
await press("Train");
await page.getByRole("link", { name: "Serve it" }).waitFor();
await shoot("train");
await follow("Serve it");
await press("Create the campaign");
await follow("Test it");
await page.getByLabel("User", { exact: true }).fill("1532");
await page.getByText("13 events in the training").waitFor();
await page.locator("ol.history li").first().waitFor();
await page.locator("ol.list li:nth-child(5) .what > code").first().waitFor(); // the ids stand beside the names once those are known
await shoot("test");
const texts = (path) => page.locator(`ol.list li .what > ${path}`).allTextContents();
const [ids, names] = [await texts("code"), await texts("strong")];
console.log(ids.slice(0, 5).map((id, place) => `${id} ${names[place]}`).join("\n"));
await browser.close();
