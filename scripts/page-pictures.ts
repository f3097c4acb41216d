/** `npm run screenshots`: runs the demo, and takes pictures of its page in a real Chromium for the README and the docs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Browser } from "../test/browser/browser.ts";
import { setUpBinaries } from "../test/env/binaries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}docs/pictures`;
const MAX_BYTES = 200_000;
const QUALITY = 60;
const PICTURES = [
  { name: "fleet", path: "" },
  { name: "host", path: "hosts/demo/sim-healthy" },
  { name: "certificates", path: "certificates" },
  { name: "images", path: "images" },
  { name: "updates", path: "updates" },
] as const;

await mkdir(folder, { recursive: true });
const binaries = await setUpBinaries({ log: console.error, environment: process.env });
const demo = spawn(process.execPath, ["demo/main.ts"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
try {
  const url = await pageOf(demo.stdout);
  await using browser = await Browser.start(binaries.browser);
  for (const { name, path } of PICTURES) {
    for (const scheme of ["light", "dark"] as const) {
      const tab = await browser.open(url + path, { scheme, width: 1_200, height: 700, scale: 1.5 });
      await tab.until(`document.getElementById("connection").textContent === "Live"`);
      const picture = await tab.screenshot("webp", QUALITY);
      if (picture.length > MAX_BYTES) throw new Error(`the picture ${name} has ${picture.length} bytes`);
      await writeFile(`${folder}/page-${name}-${scheme}.webp`, picture);
      console.log(`Wrote docs/pictures/page-${name}-${scheme}.webp, ${Math.round(picture.length / 1_000)} kB`);
    }
  }
} finally {
  demo.kill("SIGTERM");
  await once(demo, "close");
}

/** The address that the demo prints once it is live. What it prints later is read as well, or it would have to wait. */
function pageOf(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    output.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(text)?.[0];
      if (url !== undefined && text.includes("Ctrl-C")) resolve(url);
    });
    output.once("end", () => reject(new Error(`the demo ended: ${text}`)));
  });
}
