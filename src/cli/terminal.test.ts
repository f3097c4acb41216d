import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FleetOfStates, startFleetOfStates } from "../../test/support/fleet-of-states.ts";
import { type Shown, sameEachRun, show } from "../../test/support/terminal.ts";

const PROGRAM = fileURLToPath(new URL("../main.ts", import.meta.url));
const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 120, rows: 40 };
const HOSTS = [
  "bad-pattern",
  "current",
  "down",
  "expiring",
  "no-secret",
  "outdated",
  "private-ca",
  "silent",
  "suspended",
  "untrusted",
];
const FAILING = ["down", "no-secret", "silent", "untrusted"];

let fleet: FleetOfStates | undefined;
let folder: string | undefined;
let small: Shown;
let large: Shown;
let piped: Shown;
let coloured: Shown;
let smallLive: Shown;
let largeLive: Shown;
let pipedLive: Shown;

const linesOf = ({ text }: Shown) => sameEachRun(stripVTControlCharacters(text)).split("\n");
/** What a live view has shown, one after the other. */
const screensOf = (text: string) => stripVTControlCharacters(text.replaceAll("\u001b[J", "\f")).split("\f");
/** The screen of a live view once each host was checked, as far as it fits. */
const ALL_CHECKED = {
  small: /^silent +False[\s\S]*^private-ca [\s\S]*and 16 more lines[\s\S]*Press Ctrl-C/m,
  large:
    /^silent .* False[\s\S]*^outdated +tcp.* True +1 [\s\S]*^current +tcp.* False +0 [\s\S]*^private-ca +app-1 [\s\S]*Press Ctrl-C/m,
};
const isOnScreen = (wanted: RegExp) => (text: string) => screensOf(text).some((screen) => wanted.test(screen));
const namesOf = (lines: readonly string[]) =>
  lines.slice(1, lines.indexOf("")).flatMap((line) => /^[a-z-]+/.exec(line)?.[0] ?? []);
const wordsOf = (lines: readonly string[]) => new Set(lines.join(" ").split(/\s+/));

/** The texts that have a colour, which ends with the code for the terminal's own one. */
const painted = (line: string) =>
  line
    .split("\u001b[39m")
    .slice(0, -1)
    .map((part) => stripVTControlCharacters(part.slice(part.lastIndexOf("\u001b["))));

describe.skipIf(process.platform !== "linux")("a fleet with a host in each state", () => {
  beforeAll(async () => {
    fleet = await startFleetOfStates(Date.now());
    folder = await mkdtemp(join(tmpdir(), "dockerhost-unit-"));
    await writeFile(join(folder, "fleet.yaml"), fleet.manifests, { mode: 0o600 });
    await writeFile(join(folder, "broken.yaml"), "kind: DockerHost\nmetadata: [\n");
    const cwd = folder;
    const check = [PROGRAM, "check", "-f", "fleet.yaml"];
    const run = [PROGRAM, "run", "-f", "fleet.yaml", "-f", "broken.yaml"];
    // Together, because each of them waits for the host that never answers.
    [small, large, piped, coloured, smallLive, largeLive, pipedLive] = await Promise.all([
      show(check, { cwd, size: SMALL }),
      show(check, { cwd, size: LARGE }),
      show(check, { cwd }),
      show(check, { cwd, size: SMALL, colour: true }),
      show(run, { cwd, size: SMALL, interruptWhen: isOnScreen(ALL_CHECKED.small) }),
      show(run, { cwd, size: LARGE, interruptWhen: isOnScreen(ALL_CHECKED.large) }),
      show(run, {
        cwd,
        interruptWhen: (text) => HOSTS.every((host) => text.includes(`fleet/${host} UpdatesAvailable=`)),
      }),
    ]);
  }, 120_000);

  afterAll(async () => {
    await fleet?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  describe.each([
    ["80x24", SMALL, () => small],
    ["120x40", LARGE, () => large],
  ])("on a terminal of %s", (name, { columns, rows }, shown) => {
    it("looks like this", async () => {
      expect(shown().code).toBe(1);
      await expect(linesOf(shown()).join("\n")).toMatchFileSnapshot(`golden/check-${name}.txt`);
    });

    it("fits", () => {
      expect(linesOf(shown()).filter((line) => stringWidth(line) > columns)).toEqual([]);
    });

    it("shows first what needs somebody, within the first screen", () => {
      const lines = linesOf(shown());
      expect(namesOf(lines)).toEqual([
        ...FAILING,
        "bad-pattern",
        "private-ca",
        "expiring",
        "outdated",
        "suspended",
        "current",
      ]);
      for (const host of FAILING) {
        const at = lines.findIndex((line) => line.startsWith(`${host} `));
        expect(lines[at]).toContain(" False ");
        expect(lines[at + 1]).toMatch(/^ {4}\S/);
        expect(at).toBeLessThan(rows);
      }
      expect(lines.filter((line) => /^(?:bad-pattern|private-ca): the update check failed/.test(line)).length).toBe(2);
    });

    it("cuts no word", () => {
      const lines = linesOf(shown());
      // Without a terminal nothing is cut or wrapped. There the errors are on another stream, and CERT is a date.
      const whole = wordsOf(linesOf(piped));
      const errors = lines.findIndex((line) => line.startsWith("error: "));
      const words = [...wordsOf(lines.slice(0, errors))];
      expect(words.filter((word) => !whole.has(word))).toEqual(["364d", "2d!"]);
    });
  });

  it("is a line for each host if there is no terminal", async () => {
    const lines = linesOf(piped);
    expect(namesOf(lines)).toEqual(HOSTS);
    const fields = lines.slice(0, HOSTS.length + 1).map((line) => line.split(/ {3,}/).length);
    expect(new Set(fields).size).toBe(1);
    expect(piped.text).not.toContain("\u001b");
    expect(piped.code).toBe(1);
    await expect(lines.join("\n")).toMatchFileSnapshot("golden/check-piped.txt");
  });

  it("has colours only for cells, which say the same without them", () => {
    expect(small.text).not.toContain("\u001b");
    expect(linesOf(coloured)).toEqual(linesOf(small));
    const rows = coloured.text.split("\n\n")[0]?.split("\n").slice(1) ?? [];
    const cells = rows.flatMap((row) => painted(row));
    expect(new Set(cells)).toEqual(new Set(["True", "False", "Unknown", "Suspended", "2d!"]));
    // READY and UPDATES of each host, and the certificate that expires soon.
    expect(cells.length).toBe(2 * HOSTS.length + 1);
  });

  it.each([
    ["80x24", SMALL, ALL_CHECKED.small, () => smallLive],
    ["120x40", LARGE, ALL_CHECKED.large, () => largeLive],
  ])("is shown live immediately, below the note about a broken manifest: %s", async (name, size, checked, shown) => {
    const texts = screensOf(shown().text).map((screen) => sameEachRun(screen).trimEnd());
    const screens = texts.map((screen) => screen.split("\n"));
    for (const lines of screens) {
      expect(lines.length).toBeLessThanOrEqual(size.rows);
      expect(lines.filter((line) => stringWidth(line) > size.columns)).toEqual([]);
    }
    expect(screens[0]?.[0]).toMatch(/^broken\.yaml: is not valid YAML/);
    expect(shown().code).toBe(0);
    await expect(screens[0]?.join("\n")).toMatchFileSnapshot(`golden/run-${name}-first.txt`);
    await expect(texts.find((screen) => checked.test(screen))).toMatchFileSnapshot(`golden/run-${name}-settled.txt`);
  });

  it("is a line for each change if run has no terminal", async () => {
    // Whether a pass announces itself depends on how long it takes, and which certificate is the oldest on a fraction of
    // a second.
    const lines = sameEachRun(pipedLive.text)
      .replaceAll(/(?<=first to expire is the ).+(?=, on)/g, "certificate")
      .trimEnd()
      .split("\n")
      .filter((line) => !line.includes(" Progressing: "));
    for (const line of lines)
      expect(line).toMatch(/^YYYY-MM-DDTHH:MM:SSZ fleet\/[a-z-]+ [A-Za-z]+=[A-Za-z]+ [A-Za-z]+: \S/);
    expect(pipedLive.text).not.toContain("\u001b");
    expect(pipedLive.code).toBe(0);
    // The hosts are checked at the same time.
    const sorted = HOSTS.flatMap((host) => lines.filter((line) => line.includes(` fleet/${host} `)));
    expect(sorted.length).toBe(lines.length);
    await expect(sorted.join("\n")).toMatchFileSnapshot("golden/run-piped.txt");
  });
});
