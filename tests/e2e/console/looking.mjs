// What walks through the console share: a page that notes what goes wrong, and a look at it as everybody may see it.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Open a browser; `pictures` is a folder for one of every screen, or empty. */
export async function looking(url, executablePath, pictures) {
  const seen = { errors: [], violations: [], axe: [], sideways: [], inspected: 0, requests: [] };
  const browser = await chromium.launch({ executablePath, args: QUIET });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(Number(process.env.PATIENCE ?? 60_000));
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() !== "POST" || pathname.startsWith("/console/")) return;
    seen.requests.push({ path: pathname, target: request.headers()["x-amz-target"] ?? "", body: request.postData() });
  });
  return {
    seen, page,
    press: (name) => page.getByRole("button", { name, exact: true }).first().click(),
    say: (label, text) => page.getByLabel(label, { exact: true }).first().fill(text),
    choose: (label, option) => page.getByLabel(label, { exact: true }).first().selectOption(option),
    open: async (part) => {
      await page.goto(`${url}/console/#/g/shop/${part}`);
      await page.locator("h1").waitFor();
      await page.locator(".loading").first().waitFor({ state: "detached" });
    },
    /** Look at a screen in light and dark, at twice its size, and on a telephone. */
    inspect: async (name) => {
      for (const scheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme: scheme });
        if (pictures) await page.screenshot({ path: `${pictures}/${name}-${scheme}.png`, fullPage: true });
        await page.evaluate(axe);
        const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        seen.axe.push(...found.violations.map((each) => `${scheme} ${name} ${each.id}: ${each.nodes[0].html.slice(0, 160)}`));
      }
      for (const viewport of [{ width: 640, height: 450 }, { width: 360, height: 740 }]) {
        await page.setViewportSize(viewport);
        const [whole, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        if (whole > there) seen.sideways.push(`${name} ${whole}`);
      }
      seen.inspected += 1;
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-narrow-dark.png`, fullPage: true });
      await page.emulateMedia({ colorScheme: "light" });
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-narrow.png`, fullPage: true });
      await page.setViewportSize({ width: 1280, height: 900 });
      console.error(`${name} ${performance.now().toFixed(0)} ms`);
    },
    /** Close the browser; print what was seen, as JSON. */
    end: async () => {
      seen.violations.push(...(await page.evaluate(() => window.violations)));
      await browser.close();
      console.log(JSON.stringify(seen));
    },
  };
}
