import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stringify } from "yaml";
import { barriers } from "../browser/axe.ts";
import { Browser } from "../browser/browser.ts";
import type { Key } from "../browser/keys.ts";
import type { Tab } from "../browser/tab.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { startSimDaemon } from "../sim/daemon.ts";
import { pullImage } from "../sim/pull.ts";
import { startSimRegistry } from "../sim/registry.ts";
import { folderWith } from "../support/folder-with.ts";
import { Program } from "./program.ts";

const DEMO = fileURLToPath(new URL("../../demo/main.ts", import.meta.url));
const PHONE = { width: 390, height: 844, isPhone: true } as const;
const NARROW = { width: 320, height: 640, isPhone: true } as const;
const PAGES = ["", "hosts/demo/sim-healthy", "hosts/demo/sim-down", "certificates", "images", "updates"];

let browser: Browser;
beforeAll(async () => {
  browser = await Browser.start(inject("environment").programs.browser);
});
afterAll(async () => await browser?.[Symbol.asyncDispose]());

const row = (name: string) => `document.getElementById("h-demo.${name}")`;
const shown = (tab: Tab) =>
  tab.evaluate(`[...document.querySelectorAll(".fleet tbody a")].map(({ innerText }) => innerText).join(" ")`);
/** That no pixel of the page is beyond the right edge of a screen, to which the page is first fitted. */
async function expectFits(tab: Tab, screen: { readonly width: number; readonly height: number }): Promise<void> {
  await tab.emulate(screen);
  await tab.until(`innerWidth === ${screen.width}`);
  expect(await tab.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
}

describe("the page about the demo's fleet, in a real browser", () => {
  let demo: Program;
  let url: string;
  let folder: string;

  beforeAll(async () => {
    demo = Program.start([], { node: [DEMO] });
    await demo.says("Ctrl-C");
    url = /http:\/\/127\.0\.0\.1:\d+\//.exec(demo.output)?.[0] ?? "";
    folder = /manifests\s+in\s+(\S+)/.exec(demo.output)?.[1] ?? "";
  });
  afterAll(async () => await demo?.stop());

  it("filters while somebody types, keeps the filter in the URL, and opens a host", async () => {
    const tab = await browser.open(url);
    expect(await tab.text("#count-not-ready")).toMatch(/^2\s+Not ready$/);
    await tab.click("#q");
    await tab.type("expiring");
    await tab.until(`location.search === "?q=expiring" && ${row("sim-down")} === null`);
    expect(await shown(tab)).toBe("demo/sim-expiring");

    const again = await browser.open(`${url}?state=not-ready`);
    expect(await shown(again)).toBe("demo/sim-down demo/sim-other-name");
    await again.click("#clear");
    await again.until(`${row("sim-healthy")} !== null && location.search === ""`);

    await again.click('[id="h-demo.sim-healthy"]');
    await again.until(`location.pathname === "/hosts/demo/sim-healthy" && document.readyState === "complete"`);
    expect(await again.text()).toMatch(
      /Updates available[\s\S]*mutual TLS[\s\S]*Outdated\s+sha256:\w{12}\s→\s+sha256:\w{12}/,
    );

    await again.goto(`${url}certificates`);
    await again.click("#q");
    await again.type("edge-9");
    await again.until(`location.pathname + location.search === "/certificates?q=edge-9"`);
    await again.until(`document.getElementById("shown").textContent.startsWith("0 of ")`);
    expect([...tab.problems, ...again.problems]).toEqual([]);
    // Nothing comes from elsewhere.
    expect([...tab.requests, ...again.requests].filter((request) => !request.startsWith(url))).toEqual([]);
  });

  it("shows a change without a reload, and keeps what the reader was doing", async () => {
    const tab = await browser.open(url, { height: 300 });
    await tab.until(`document.getElementById("connection").textContent === "Live"`);
    await tab.evaluate(
      `window.isTheSame = true; scrollTo(0, 200); document.getElementById("q").focus({ preventScroll: true })`,
    );
    const added = {
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "DockerHost",
      metadata: { name: "added", namespace: "demo" },
      spec: { host: "unix:///nonexistent.sock", suspend: true },
    };
    await writeFile(join(folder, "added.yaml"), stringify(added));
    await tab.until(`${row("added")} !== null`);
    expect(await tab.text("tr:has([id='h-demo.added'])")).toContain("Suspended");
    expect(await tab.evaluate("isTheSame && [scrollY, document.activeElement.id]")).toEqual([200, "q"]);

    // A host that comes first and goes again moves nothing else: what is selected stays selected, where it is.
    await tab.evaluate(
      `${row("sim-healthy")}.scrollIntoView({ block: "center" }); getSelection().selectAllChildren(${row("sim-healthy")});
      window.top0 = ${row("sim-healthy")}.getBoundingClientRect().top`,
    );
    const isKept = `getSelection().toString() === "demo/sim-healthy" &&
      Math.abs(${row("sim-healthy")}.getBoundingClientRect().top - top0) < 2`;
    const spec = { host: "unix:///nonexistent.sock" };
    const failing = { ...added, metadata: { ...added.metadata, name: "a-failing" }, spec };
    await writeFile(join(folder, "failing.yaml"), stringify(failing));
    await tab.until(`${row("a-failing")}?.closest("tr").innerText.includes("Not ready") === true`);
    await tab.until(isKept);
    await rm(join(folder, "failing.yaml"));
    await tab.until(`${row("a-failing")} === null`);
    await tab.until(isKept);
    expect(tab.problems).toEqual([]);
  });

  it.each(PAGES)("/%s has no barrier in light and dark, and fits a phone", async (path) => {
    const tab = await browser.open(url + path);
    const light = await tab.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(await barriers(tab)).toEqual([]);
    await tab.emulate({ scheme: "dark" });
    expect(await tab.evaluate("getComputedStyle(document.body).backgroundColor")).not.toBe(light);
    expect(await barriers(tab)).toEqual([]);
    for (const screen of [PHONE, NARROW]) await expectFits(tab, screen);
    expect(await barriers(tab)).toEqual([]);
    expect(tab.problems).toEqual([]);
  });

  it("finds barriers and blocked content if there are any", async () => {
    const tab = await browser.open(url);
    await tab.evaluate(
      `document.querySelector("main").innerHTML = '<img src="https://example.com/x.png" onerror="window.ran = true">'`,
    );
    await waitUntil("a report of the policy", 60_000, async () =>
      /Content.?Security.?Policy/.test(tab.problems.join()),
    );
    expect((await barriers(tab)).join()).toContain("image-alt");
    expect(await tab.evaluate("window.ran")).toBeUndefined();
  });

  it("can be used by keyboard only", async () => {
    const tab = await browser.open(url);
    const pressUntil = async (key: Key, focused: string) => {
      const isThere = `document.activeElement.matches(${JSON.stringify(focused)})`;
      for (let presses = 0; (await tab.evaluate(isThere)) !== true; presses++) {
        if (presses > 40) throw new Error(`${key} does not lead to ${focused}`);
        await tab.press(key);
      }
      // A user of the keyboard must see what has the focus.
      expect(await tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
    };
    await pressUntil("Tab", ".skip");
    await pressUntil("Tab", "#q");
    await tab.type("sim-");
    await pressUntil("Tab", "#state");
    await tab.press("ArrowDown");
    await tab.until(`location.search === "?q=sim-&state=not-ready" && ${row("sim-healthy")} === null`);
    expect(await tab.evaluate("document.activeElement.id")).toBe("state");
    await pressUntil("Tab", '[href="/hosts/demo/sim-down"]');
    await tab.press("Enter");
    await tab.until(`location.pathname === "/hosts/demo/sim-down" && document.readyState === "complete"`);
    expect(await tab.text("h1")).toMatch(/sim-down\s+Not ready/);
    await pressUntil("Tab", ".skip");
    await tab.press("Enter");
    await tab.until(`document.activeElement.id === "live"`);
  });

  it("works without scripts", async () => {
    const tab = await browser.open(`${url}?q=healthy`, { javascript: false });
    expect(tab.requests.filter((request) => /\/events|\.js$/.test(request))).toEqual([]);
    await tab.emulate({});
    expect(await shown(tab)).toBe("demo/sim-healthy");
  });
});

describe("the page about a hostile daemon, in a real browser", () => {
  const MARKUP = `"></td></table><script>window.harm = 1</script><img src="/icon.svg" onload="window.harm = 1"><b id="harm">`;
  const NAMES = [MARKUP, `\u202egnp.exe\u2066\u0000\u001b[31m`, "x".repeat(10_000), `'\`\${window.harm = 1}&lt;b&gt;`];

  it("does no harm by names of markup, directions or 10,000 characters", async () => {
    const registry = await startSimRegistry();
    registry.push("shop/web", "1");
    const image = pullImage(registry, "shop/web", "1");
    const containers = NAMES.map((name, index) => {
      return {
        id: `${index}`.padStart(64, "0"),
        name,
        image: index === 0 ? MARKUP : (image.tags[0] ?? ""),
        runs: image,
      };
    });
    const engine = { name: NAMES.join(""), version: `29.0.0${MARKUP}`, os: "linux", arch: MARKUP };
    const daemon = await startSimDaemon({ images: [image], containers, engine });
    const host = {
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "DockerHost",
      metadata: { name: "hostile", namespace: "demo" },
      spec: { host: `tcp://127.0.0.1:${daemon.port}` },
    };
    // Both get a warning that names the other, since they are the same daemon.
    const long = { ...host, metadata: { name: "n".repeat(250), namespace: "demo" } };
    const program = Program.start([
      "run",
      "-f",
      await folderWith({ "host.yaml": stringify(host), "long.yaml": stringify(long) }),
      "--page",
      "--page-bind-address",
      "127.0.0.1:0",
    ]);
    try {
      await program.says('"Serving the page"');
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(program.output)?.[0] ?? "";
      const tab = await browser.open(`${url}hosts/demo/hostile`);
      await tab.until(`document.querySelectorAll(".containers tbody tr").length === ${NAMES.length}`);
      expect(await tab.text(".containers")).toContain("<script>window.harm = 1</script>");
      await tab.until(`document.querySelector(".warnings li")?.textContent.includes("${long.metadata.name}") === true`);
      expect(await barriers(tab)).toEqual([]);
      for (const path of ["", "hosts/demo/hostile", "certificates", "images"]) {
        await tab.goto(url + path);
        expect(await tab.evaluate(`"harm" in window || document.getElementById("harm") !== null`)).toBe(false);
        expect((await tab.text()).replace(/\s/g, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        await expectFits(tab, PHONE);
        await tab.emulate({});
      }
      expect(tab.problems).toEqual([]);
      await tab.goto(`${url}hosts/demo/${"m".repeat(250)}`);
      await expectFits(tab, PHONE);
    } finally {
      await program.stop();
      await Promise.all([daemon.close(), registry.close()]);
    }
  });
});
