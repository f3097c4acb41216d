import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { BrowserPrograms } from "../env/binaries.ts";
import { Devtools } from "./devtools.ts";
import { Tab, type TabOptions } from "./tab.ts";

/** Turn off whatever is not needed to show a page. Tests run as root, for whom its sandbox does not work. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--hide-scrollbars",
  "--force-color-profile=srgb",
  "--font-render-hinting=none",
  "--lang=en-US",
];

/** One process of Chromium, without a window. */
export class Browser implements AsyncDisposable {
  readonly #devtools: Devtools;
  readonly #folder: string;

  private constructor(devtools: Devtools, folder: string) {
    this.#devtools = devtools;
    this.#folder = folder;
  }

  static async start({ chromium, fonts, environment }: BrowserPrograms): Promise<Browser> {
    const folder = await mkdtemp(join(tmpdir(), "dockerhost-browser-"));
    const fontsFile = join(folder, "fonts.conf");
    await writeFile(fontsFile, fontsConfiguration(fonts, join(folder, "fonts")));
    const env = { ...environment, PATH: process.env.PATH, HOME: folder, FONTCONFIG_FILE: fontsFile, LANG: "C.UTF-8" };
    return new Browser(new Devtools(chromium, [...FLAGS, `--user-data-dir=${folder}`], env), folder);
  }

  /** A new tab that shares nothing with the others. */
  async open(url: string, options: TabOptions = {}): Promise<Tab> {
    const made = await this.#devtools.send("Target.createBrowserContext", { disposeOnDetach: true });
    const { browserContextId } = z.object({ browserContextId: z.string() }).parse(made);
    const target = await this.#devtools.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { targetId } = z.object({ targetId: z.string() }).parse(target);
    const attached = await this.#devtools.send("Target.attachToTarget", { targetId, flatten: true });
    const { sessionId } = z.object({ sessionId: z.string() }).parse(attached);
    const tab = new Tab(this.#devtools, sessionId);
    await tab.prepare(options);
    await tab.goto(url);
    return tab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#devtools.kill();
    await this.#devtools.ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Only the fonts of the bundle, so that pages look the same on every machine. */
function fontsConfiguration(fonts: string, cache: string): string {
  const prefer = (family: string, font: string) =>
    `<alias binding="same"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`;
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>${fonts}</dir><cachedir>${cache}</cachedir>
${["system-ui", "sans-serif", "Segoe UI", "Roboto"].map((family) => prefer(family, "Inter")).join("\n")}
${["monospace", "ui-monospace", "Menlo", "Consolas"].map((family) => prefer(family, "DejaVu Sans Mono")).join("\n")}
</fontconfig>
`;
}
