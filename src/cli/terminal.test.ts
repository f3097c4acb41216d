import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SimFleet, startSimFleet } from "../../test/sim/fleet.ts";

const PROGRAM = fileURLToPath(new URL("../main.ts", import.meta.url));

let fleet: SimFleet;
let folder: string | undefined;
let manifests: string;

beforeAll(async () => {
  fleet = await startSimFleet({ hosts: 7, containersPerHost: 2, images: 2, outdatedImages: 1 });
  fleet.hosts[1]?.daemon.setContents({ containers: [] });
  folder = await mkdtemp(join(tmpdir(), "dockerhost-unit-"));
  manifests = join(folder, "fleet.yaml");
  const updateCheck = { registries: [{ host: fleet.registry.host, certSecretRef: { name: "registry-ca" } }] };
  const tls = { verify: true, certSecretRef: { name: "tls" } };
  const host = (name: string, index: number, spec: object = {}) => ({
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: { name, namespace: "fleet" },
    spec: { host: fleet.hosts[index]?.endpoint ?? "tcp://127.0.0.1:1", tls, updateCheck, ...spec },
  });
  const secret = (name: string, stringData: object) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "fleet" },
    stringData,
  });
  const { authority, client } = fleet;
  const items = [
    host("outdated", 0),
    host("current", 1),
    host("suspended", 2, { suspend: true }),
    host("bad-pattern", 3, { updateCheck: { containers: { includeNames: ["*"] } } }),
    host("private-ca", 4, { updateCheck: {} }),
    host("no-secret", 5, { tls: { verify: true, certSecretRef: { name: "missing" } } }),
    host("untrusted", 6, { tls: { verify: true } }),
    host("down", 7),
    secret("tls", { "ca.pem": authority.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem }),
    secret("registry-ca", { "ca.crt": authority.certPem }),
  ];
  await writeFile(manifests, JSON.stringify({ apiVersion: "v1", kind: "List", items }), { mode: 0o600 });
});

afterAll(async () => {
  await fleet?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs the program in a process of its own, in a pseudo-terminal of that size or in a pipe. */
async function run(size?: { readonly columns: number; readonly rows: number }): Promise<Ended> {
  const command = [process.execPath, PROGRAM, "check", "-f", manifests];
  const inTerminal = `stty cols ${size?.columns} rows ${size?.rows}; exec ${command.join(" ")}`;
  const [file = "", ...args] = size === undefined ? command : ["script", "-qec", inTerminal, "/dev/null"];
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", TERM: "xterm", NO_COLOR: "1" };
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, lines: text.replaceAll("\r", "").split("\n") };
}

const HOSTS = ["bad-pattern", "current", "down", "no-secret", "outdated", "private-ca", "suspended", "untrusted"];
const namesOf = (lines: readonly string[]) =>
  lines.slice(1, lines.indexOf("")).flatMap((line) => /^[a-z-]+/.exec(line)?.[0] ?? []);

describe.skipIf(process.platform !== "linux")("a fleet of eight", { timeout: 60_000 }, () => {
  it.each([
    { columns: 80, rows: 24 },
    { columns: 120, rows: 40 },
  ])("fits a terminal of $columns columns, and what needs somebody comes first", async (size) => {
    const { code, lines } = await run(size);
    expect(lines.filter((line) => stringWidth(line) > size.columns)).toEqual([]);
    const names = namesOf(lines);
    expect(names.toSorted()).toEqual(HOSTS);
    expect(names.slice(0, 3).toSorted()).toEqual(["down", "no-secret", "untrusted"]);
    expect(names.slice(3)).toEqual(["bad-pattern", "private-ca", "outdated", "suspended", "current"]);
    expect(lines.filter((line) => /^(?:bad-pattern|private-ca): the update check failed/.test(line)).length).toBe(2);
    // Each word that a cell or a message has is whole.
    expect(lines.join("\n")).not.toContain("…");
    for (const host of ["down", "untrusted", "no-secret"]) {
      const at = lines.findIndex((line) => line.startsWith(`${host} `));
      expect(lines[at]).toContain(" False ");
      expect(lines[at + 1]).toMatch(/^ {4}\S/);
      expect(at).toBeLessThan(size.rows);
    }
    expect(code).toBe(1);
  });

  it("is a line for each host if there is no terminal", async () => {
    const { code, lines } = await run();
    expect(namesOf(lines)).toEqual(HOSTS);
    const fields = lines.slice(0, 9).map((line) => line.split(/ {3,}/).length);
    expect(new Set(fields).size).toBe(1);
    expect(lines.join("\n")).not.toContain("\u001b");
    expect(code).toBe(1);
  });
});
