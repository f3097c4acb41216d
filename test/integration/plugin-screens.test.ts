import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type CommandResult, execute } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { type FleetOfStates, startFleetOfStates } from "../support/fleet-of-states.ts";
import { sameEachRun } from "../support/terminal.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube } = connectEnvironment(inject("environment"));

const LAUNCHER = fileURLToPath(new URL("../../bin/dockerhost.js", import.meta.url));
const FAILING = ["down", "no-secret", "silent", "untrusted"];
const UNCHECKED = ["bad-pattern", "private-ca"];
const ORDER = [...FAILING, ...UNCHECKED, "expiring", "outdated", "suspended", "current"];
const CHECK = "check down outdated private-ca";
const SCREENS = [CHECK, "list", "status down", "status private-ca", "status suspended", "updates"];
/** It names the certificate that expires first, which depends on a fraction of a second. */
const DIFFERENT_EACH_RUN = "status private-ca";
const SIZES = [
  ["80x24", 80, 24],
  ["120x40", 120, 40],
] as const;

/** A fleet with a host in each state, as kubectl and the plugin show it in a terminal and in a pipe. */
describe("the screens of kubectl dockerhost", () => {
  const shown = new Map<string, string>();
  let folder: string;
  let fleet: FleetOfStates;
  let namespace: TestNamespace;
  let controller: Program;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "plugin-screens-"));
    await symlink(LAUNCHER, join(folder, "kubectl-dockerhost"));
    fleet = await startFleetOfStates(Date.now());
    namespace = await TestNamespace.create(kube);
    const { items } = JSON.parse(fleet.manifests) as { items: { metadata: { name: string }; spec?: object }[] };
    const placed = items.map((item) => ({
      ...item,
      metadata: { ...item.metadata, namespace: namespace.name },
      // Long enough that a pass is announced.
      ...(item.metadata.name === "silent" && { spec: { ...item.spec, timeout: "6s" } }),
    }));
    await namespace.apply(...placed);
    controller = await Program.controller(kube, namespace.name);
    // One after the other, because a request replaces the one before it.
    shown.set("80x24 check --all", await onTerminal("check --all", 80, 24));
    for (const [size, columns, rows] of SIZES) shown.set(`${size} ${CHECK}`, await onTerminal(CHECK, columns, rows));
    shown.set(`piped ${CHECK}`, (await plugin(...CHECK.split(" "))).stdout);
    const others = SCREENS.slice(1).flatMap((command) => [
      ...SIZES.map(async ([size, columns, rows]) =>
        shown.set(`${size} ${command}`, await onTerminal(command, columns, rows)),
      ),
      (async () => shown.set(`piped ${command}`, (await plugin(...command.split(" "))).stdout))(),
    ]);
    await Promise.all(others);
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await fleet?.close();
    await rm(folder, { recursive: true, force: true });
  });

  function onUsersMachine(program: string, args: readonly string[]): Promise<CommandResult> {
    const PATH = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
    const { NODE_COMPILE_CACHE } = process.env;
    const env = { PATH, NODE_COMPILE_CACHE, HOME: folder, KUBECONFIG: kube.facts.kubeconfig };
    return execute(program, args, { env: { ...env, NO_COLOR: "1", TERM: "xterm" } });
  }

  const plugin = (...args: readonly string[]) =>
    onUsersMachine(kube.facts.kubectl, ["dockerhost", ...args, "-n", namespace.name]);

  async function onTerminal(command: string, columns: number, rows: number): Promise<string> {
    const line = `exec '${kube.facts.kubectl}' dockerhost ${command} -n ${namespace.name}`;
    const { stdout } = await onUsersMachine("script", [
      "-qec",
      `stty cols ${columns} rows ${rows}; ${line}`,
      "/dev/null",
    ]);
    return stripVTControlCharacters(stdout).replaceAll("\r", "");
  }

  const textOf = (size: string, command: string) => shown.get(`${size} ${command}`) ?? "";
  const linesOf = (size: string, command: string) => textOf(size, command).trimEnd().split("\n");
  const wordsOf = (lines: readonly string[]) => new Set(lines.join(" ").split(/\s+/));
  const namesOf = (lines: readonly string[]) =>
    lines.slice(1, lines.indexOf("")).flatMap((line) => /^[a-z-]+/.exec(line)?.[0] ?? []);

  /** All screens of a size, without what differs from run to run. */
  const golden = (size: string) =>
    SCREENS.filter((command) => command !== DIFFERENT_EACH_RUN)
      .map(
        (command) =>
          `$ kubectl dockerhost ${command}\n${steady(textOf(size, command), namespace.name, size === "piped")}`,
      )
      .join("\n");

  it.each(["80x24", "120x40", "piped"])("look like this: %s", async (size) => {
    await expect(golden(size)).toMatchFileSnapshot(`golden/plugin-${size}.txt`);
  });

  describe.each(SIZES)("on a terminal of %s", (size, columns, rows) => {
    it.each(SCREENS)("fit and cut no word: %s", (command) => {
      const lines = linesOf(size, command);
      expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
      expect(textOf(size, command)).not.toContain("…");
    });

    it("show first what needs somebody, within the first screen", () => {
      const table = linesOf(size, "list");
      expect(namesOf(table)).toEqual(ORDER);
      for (const host of FAILING) {
        const at = table.findIndex((line) => line.startsWith(`${host} `));
        expect(table[at]).toContain(" False ");
        expect(table[at + 1]).toMatch(/^ {4}\S/);
        expect(at).toBeLessThan(rows);
      }
    });

    it("show the same words as without a terminal", () => {
      const screens = (of: string) => wordsOf(["list", "status suspended"].flatMap((command) => linesOf(of, command)));
      const whole = screens("piped");
      // The days until a certificate expires are a date there.
      expect([...screens(size)].filter((word) => !whole.has(word) && !AGE.test(word))).toEqual(["364d", "2d!"]);
    });
  });

  it("say after two seconds what a check waits for, and then show all hosts", () => {
    const lines = linesOf("80x24", "check --all");
    expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([]);
    // On a busy machine, others are not done by then either, and only three are named.
    expect(lines.join(" ")).toMatch(
      new RegExp(`Checking 10 hosts: \\d+ done, waiting for (?:\\S+ )*?(?:${namespace.name}/silent|and \\d+ more)`),
    );
    expect(namesOf(lines.slice(lines.findIndex((line) => line.startsWith("NAME "))))).toEqual(ORDER);
  });

  it("are one line for each host in a pipe", () => {
    const lines = linesOf("piped", "list");
    expect(namesOf(lines)).toEqual(ORDER.toSorted());
    const fields = lines.slice(0, ORDER.length + 1).map((line) => line.split(/ {3,}/).length);
    expect(new Set(fields).size).toBe(1);
  });

  it("of kubectl get have no row over 160 columns, and show the reason and who is suspended", async () => {
    const lines = (await namespace.kubectl("get", "dhost")).trimEnd().split("\n");
    expect(lines.filter((line) => line.length > 160)).toEqual([]);
    expect(lines.find((line) => line.startsWith("untrusted "))).toMatch(/ False +ServerCertificateUntrusted /);
    expect(lines.find((line) => line.startsWith("private-ca "))).toMatch(/ Unknown +/);
    const [header = "", ...wide] = (await namespace.kubectl("get", "dhost", "-o", "wide")).trimEnd().split("\n");
    const at = header.indexOf("SUSPENDED");
    expect(wide.filter((line) => line.slice(at).startsWith("true")).map((line) => line.split(" ")[0])).toEqual([
      "suspended",
    ]);
  });

  it("of kubectl get -o yaml and describe have each cause once", async () => {
    for (const host of FAILING) {
      const cause =
        (await namespace.host(host)).status?.conditions?.find(({ type }) => type === "Ready")?.message ?? "";
      expect(cause).not.toBe("");
      const { conditions } = JSON.parse(await namespace.kubectl("get", "dhost", host, "-o", "json")).status;
      expect(conditions.filter(({ message }: { message: string }) => message === cause)).toHaveLength(1);
      expect((await plugin("status", host)).stdout.split(cause)).toHaveLength(2);
    }
  });

  it.each<[string, number, RegExp]>([
    [
      "check suspended",
      1,
      /^error: \S+\/suspended is suspended and was not checked; to resume it, run: kubectl dockerhost resume suspended -n \S+\n$/,
    ],
    ["check bad-pattern", 1, /^error: none of the images of \S+\/bad-pattern could be checked \(InvalidSelection\)\n$/],
    [
      "check private-ca",
      1,
      /^error: none of the images of \S+\/private-ca could be checked \(RegistryCertificateUntrusted\)\n$/,
    ],
    ["check outdated", 0, /^$/],
    ["check outdated --fail-on-updates", 3, /^error: \S+\/outdated has updates, and --fail-on-updates is set\n$/],
    ["check down --fail-on-updates", 1, /^error: \S+\/down is not Ready, so its images were not checked\n$/],
    [
      "updates",
      0,
      /^Warning: \S+\/bad-pattern: the update check failed \(InvalidSelection\): .*\nWarning: \S+\/private-ca: the update check failed /,
    ],
  ])("%s exits with %i and says why", async (command, code, stderr) => {
    const result = await plugin(...command.split(" "));
    expect(result).toMatchObject({ code, stderr: expect.stringMatching(stderr) });
  });

  it("of doctor name what it looked at", async () => {
    const { code, stdout } = await plugin("doctor");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /\nFAIL {2}Secret "missing" does not exist in namespace "\S+"; hosts that refer to it: no-secret\n/,
    );
    expect(stdout).toMatch(/ \(looked at 10 hosts in namespace "\S+" \(1 suspended\) and at /);
    for (const [, columns, rows] of SIZES) {
      const lines = (await onTerminal("doctor", columns, rows)).trimEnd().split("\n");
      expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
    }
  });
});

/** As in a cell of a table. */
const AGE = /^(?:\d+[smh]){1,2}$/;

/** Ages and digests differ from run to run, and so does the name of the namespace. Without a terminal ages move columns. */
function steady(text: string, namespace: string, isPiped: boolean): string {
  const same = sameEachRun(text.replaceAll(namespace, "fleet".padEnd(namespace.length, "x")));
  return (isPiped ? same.replaceAll(/(?<=\S) {2,}/g, "  ") : same)
    .replaceAll(/(?<=SINCE) +/g, "  ")
    .replaceAll(/\b(?:\d+[smh]){1,2} ago(?: +(?=\S))?/g, (match) => (match.endsWith(" ") ? "0s ago  " : "0s ago"))
    .replaceAll(/(?<= {2})(?:\d+[smh]){1,2}(?= {2}|$)/gm, "0s")
    .replaceAll(/\b[0-9a-f]{16}(?=\.\.\.)/g, "f".repeat(16));
}
