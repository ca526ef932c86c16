// When the console is first to be seen, on a quarter of this machine's speed: prints the milliseconds as JSON.
import { chromium } from "playwright-core";

const [url, executablePath, turns] = process.argv.slice(2);
const SLOWER = 4;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] });

/** Open the console as somebody who was never there. */
const visit = async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  // What is there instead of what says that it is coming: the heading of the screen.
  await page.addInitScript(() => {
    const look = new MutationObserver(() => {
      if (!document.querySelector("h1")) return;
      look.disconnect();
      requestAnimationFrame(() => setTimeout(() => { window.headed = performance.now(); }));
    });
    look.observe(document, { childList: true, subtree: true });
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await page.goto(`${url}/console/`);
  await page.getByText("Nothing is here yet").waitFor();
  const seen = await page.evaluate(() => ({
    first: performance.getEntriesByName("first-contentful-paint")[0].startTime, heading: window.headed, answered: performance.now(),
  }));
  await context.close();
  return seen;
};

const visits = [];
for (let turn = 0; turn < Number(turns); turn += 1) visits.push(await visit());
await browser.close();
console.log(JSON.stringify(visits));
