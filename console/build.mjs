// Builds what `tastemaker local` serves at /console/: the same bytes for the same sources and lock file.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "../local/tastemaker_local/console/assets"));
// The native program itself: with --ignore-scripts the wrapper in bin/ has not been put in its place.
const esbuild = path.join(here, `node_modules/@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const bundled = spawnSync(
  esbuild,
  ["src/main.tsx", "src/console.css", "--bundle", "--minify", "--format=esm", "--target=es2022", "--charset=utf8",
    "--jsx=automatic", "--jsx-import-source=preact", "--legal-comments=none", "--log-level=warning", "--entry-names=[name]",
    `--outdir=${out}`],
  { cwd: here, stdio: "inherit" },
);
for (const name of ["index.html", "icon.svg"]) copyFileSync(path.join(here, "src", name), path.join(out, name));
process.exit(bundled.status ?? 1);
