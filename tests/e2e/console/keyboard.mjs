// From nothing to a first list, and an event that changes it, with no mouse: Tab, Enter, Space and what is typed.
import { chromium } from "playwright-core";

const [url, executablePath, file] = process.argv.slice(2);
const MOST = 120; // presses of Tab until something is reached
const seen = { keys: 0, unseen: [], errors: [] };
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(Number(process.env.PATIENCE ?? 60_000));
page.on("pageerror", (error) => seen.errors.push(error.message));

const key = (name) => {
  seen.keys += 1;
  return page.keyboard.press(name);
};
/** Where the keyboard is: what it is called, and whether that is to be seen. */
const focused = () => page.evaluate(() => {
  const { activeElement: here } = document;
  const { outlineStyle, outlineWidth } = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  return {
    name: here.getAttribute("aria-label") ?? here.labels?.[0]?.textContent ?? here.textContent,
    marked: here === document.body || here.id === "main" || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && box.width > 0),
  };
});
/** Go on with Tab until something is reached whose name is this, or fits it. */
const reach = async (name) => {
  if (typeof name === "string") await page.getByText(name).first().waitFor({ state: "attached" });
  for (let turn = 0; turn < MOST; turn += 1) {
    const { name: here, marked } = await focused();
    if (!marked) seen.unseen.push(here.slice(0, 80));
    if (typeof name === "string" ? here.trim() === name : name.test(here.trim())) return;
    await key("Tab");
  }
  throw new Error(`the keyboard does not reach ${name}`);
};
const press = async (name, by = "Enter") => {
  await reach(name);
  await key(by);
};
const headed = (name) => page.getByRole("heading", { name, exact: true }).first().waitFor();
const listed = () => page.locator("ol.list li strong").allTextContents();

const begin = Date.now();
await page.goto(`${url}/console/`);
await press("Load the films");
await page.getByText("What it is made of").waitFor();
await press("Train");
await headed("New solution");
await page.getByText("Memory at the peak").waitFor();
await press("Train", "Space");
await press("Serve it");
await headed("New campaign");
await press("Create the campaign");
await press("Test it");
await press("person-000", "Space");
await page.locator("ol.list li").first().waitFor();
seen.seconds = (Date.now() - begin) / 1000;
seen.first = { keys: seen.keys, list: await listed() };
await press("Create an event tracker");
await page.getByText("A click in a list sends").waitFor();
const told = page.waitForResponse((response) => response.url().endsWith("/events"));
await press(/^Send \w+ of /, "Space");
await told;
await page.locator("ol.history li.new").first().waitFor();

// A file: the browser asks for it in a window of its own.
await press("Data");
await headed("Data");
await page.locator(".loading").waitFor({ state: "detached" });
await page.locator("section.card", { has: page.getByRole("heading", { name: "Users", exact: true }) }).waitFor();
await press("Import a CSV file");
await reach(/^CSV file with a header/);
const chooser = page.waitForEvent("filechooser");
await key("Space");
await (await chooser).setFiles(file);
await press("Import people.csv");
await page.locator("section.card", { has: page.getByRole("heading", { name: "Users", exact: true }) }).locator(".job .status.good").waitFor();
await browser.close();
console.log(JSON.stringify(seen));
