import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type CommandResult, execute } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));
const LAUNCHER = fileURLToPath(new URL("../../bin/dockerhost.js", import.meta.url));

/** A user's machine: kubectl, and the plugin on the PATH under the names that kubectl looks for. */
describe("kubectl dockerhost", () => {
  let folder: string;
  let namespace: TestNamespace;
  let controller: Program;
  const image = `${registry.facts.host}/kubectl-plugin:1`;
  const spec = {
    host: dockers.new.facts.host,
    tls: { verify: true, certSecretRef: { name: "docker-tls" } },
    interval: "1h",
    updateCheck: { registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }] },
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubectl-plugin-"));
    for (const name of ["kubectl-dockerhost", "kubectl_complete-dockerhost"])
      await symlink(LAUNCHER, join(folder, name));
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    await dockers.new.importImage(image);
    await dockers.new.push(image);
    await dockers.new.runContainer({ name: "kubectl-plugin", image });
    await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
    await namespace.applySecret("docker-tls", { ...dockers.new.facts.client });
    await namespace.applyHost("edge-7", spec);
    await namespace.applyHost("down", { host: "tcp://127.0.0.1:9", timeout: "1s" });
    await namespace.waitFor("down", { type: "Connected", status: "False", reason: "ConnectionRefused" });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await dockers.new.removeContainer("kubectl-plugin");
    await rm(folder, { recursive: true, force: true });
  });

  function onUsersMachine(program: string, args: readonly string[]): Promise<CommandResult> {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const path = [folder, dirname(process.execPath), PATH].join(delimiter);
    const env = { PATH: path, NODE_COMPILE_CACHE, HOME: folder, KUBECONFIG: kube.facts.kubeconfig };
    return execute(program, args, { env });
  }

  const plugin = (...args: readonly string[]) =>
    onUsersMachine(kube.facts.kubectl, ["dockerhost", ...args, "-n", namespace.name]);

  it("waits for a host, and says about one that does not come why", async () => {
    expect(await plugin("wait", "edge-7", "--for", "checked", "--timeout", "60s")).toEqual({
      code: 0,
      stdout: "dockerhost/edge-7 is checked\n",
      stderr: "",
    });
    const both = await plugin("wait", "--all", "--timeout", "2s");
    expect(both.code).toBe(1);
    expect(both.stdout).toBe("dockerhost/edge-7 is ready\n");
    expect(both.stderr).toMatch(/^error: \S+\/down is not ready: Ready is False \(ConnectionRefused\): Connecting to /);
  });

  it("lists the hosts as kubectl does, those that are down first if that is asked for", async () => {
    const { stdout } = await plugin("list", "--sort-by", "ready");
    expect(stdout).toMatch(
      /^NAME +HOST +READY +REASON .*\ndown +\S+ +False .*\nedge-7 +\S+ +True .* Connected to Docker/,
    );
    const { items } = JSON.parse((await plugin("list", "-o", "json")).stdout);
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(["down", "edge-7"]);
    const texts = ["list", "status edge-7"].map(async (command) => {
      const { stdout: text } = await plugin(...command.split(" "), "-o", "yaml");
      expect(text).toMatch(/^ +generation: \d+$/m);
      expect(text).not.toContain("managedFields");
    });
    await Promise.all(texts);
  });

  it("has a host checked and shows the update, also by image and on the host's page", async () => {
    await dockers.old.importImage(image);
    const pushed = await dockers.old.push(image);
    const checked = await plugin("check", "edge-7", "--fail-on-updates");
    expect(checked.code).toBe(3);
    expect(checked.stdout).toMatch(/\nedge-7 +kubectl-plugin +\S+ +Outdated /);
    const updates = JSON.parse((await plugin("updates", "-o", "json")).stdout);
    expect(updates).toEqual([
      {
        image,
        verdict: "Outdated",
        available: pushed,
        containers: [{ host: `${namespace.name}/edge-7`, container: "kubectl-plugin", running: expect.any(String) }],
      },
    ]);
    const page = (await plugin("status", "edge-7")).stdout;
    expect(page).toMatch(/\n {2}Ready +True +Succeeded +Connected to Docker/);
    expect(page).toMatch(/\nCertificates\n {2}ROLE +SUBJECT +ISSUER +EXPIRES .*\n {2}server +CN=.* days left\)/);
    expect(page).toMatch(/\n {2}kubectl-plugin +\S+ +Outdated +sha256:/);
    expect(page).not.toContain("BEGIN");
  });

  it("fits the rows of kubectl get into 160 columns", async () => {
    const lines = (await namespace.kubectl("get", "dhost")).trimEnd().split("\n");
    expect(lines[0]).toMatch(/^NAME +HOST +READY +REASON +ENGINE +UPDATES +OUTDATED +CERT EXPIRES +LAST CHECK +AGE$/);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.filter((line) => line.length > 160)).toEqual([]);
  });

  it.each([
    ["80x24", 80, 24],
    ["120x40", 120, 40],
  ])("fits a terminal of %s with each command, and shows the host that is down", async (_size, columns, rows) => {
    const screen = async (command: string) => {
      const script = `stty cols ${columns} rows ${rows}; exec '${kube.facts.kubectl}' dockerhost ${command} -n ${namespace.name}`;
      const { stdout } = await onUsersMachine("script", ["-qec", script, "/dev/null"]);
      return stripVTControlCharacters(stdout).replaceAll("\r", "").trimEnd().split("\n");
    };
    const commands = [
      "list",
      "status down",
      "status edge-7",
      "status edge-7 -o wide",
      "updates",
      "doctor",
      "check down",
    ];
    const screens = await Promise.all(commands.map(screen));
    for (const [index, lines] of screens.entries()) {
      expect(
        lines.filter((line) => line.length > columns),
        commands[index],
      ).toEqual([]);
    }
    const [list = [], down = []] = screens;
    // What needs somebody is the first row, and its message is below it.
    expect(list[1]).toMatch(/^down +.*False +ConnectionRefused/);
    expect(list[2]).toMatch(/^ {4}\S/);
    expect(down.slice(0, rows).join("\n")).toMatch(/\n {2}Ready +False +ConnectionRefused/);
    expect(down.join("\n")).toContain("Next attempt:");
  });

  it("suspends and resumes hosts", async () => {
    expect((await plugin("suspend", "edge-7")).stdout).toBe("dockerhost/edge-7 suspended\n");
    expect((await namespace.host("edge-7")).spec).toMatchObject({ suspend: true });
    expect((await plugin("suspend", "edge-7")).stdout).toBe("dockerhost/edge-7 is already suspended\n");
    expect((await plugin("resume", "--all")).stdout).toContain("dockerhost/edge-7 resumed\n");
    expect((await plugin("wait", "edge-7", "--timeout", "60s")).code).toBe(0);
  });

  it("finds a Secret that is missing, and nothing else to complain of", async () => {
    const healthy = await plugin("doctor");
    expect(healthy).toMatchObject({ code: 0, stderr: "" });
    expect(healthy.stdout).toMatch(/^ok {4}API server v1\.\d+.*\nok {4}The CustomResourceDefinition has all fields/);
    await namespace.applyHost("forgetful", { ...spec, tls: { verify: true, certSecretRef: { name: "nowhere" } } });
    const sick = await plugin("doctor");
    expect(sick.code).toBe(1);
    expect(sick.stdout).toMatch(
      /\nFAIL {2}Secret "nowhere" does not exist in namespace "\S+"; hosts that refer to it: forgetful\n/,
    );
    await namespace.kubectl("delete", "dockerhost", "forgetful");
  });

  it("finds from a pod that nobody leads with a Lease", async () => {
    const flags = ["--kubeconfig", kube.facts.kubeconfig, "--lease", `${namespace.name}/nobodys`, "--timeout", "2s"];
    const doctor = Program.start(["doctor", ...flags]);
    expect(await doctor.exited).toBe(1);
    expect(doctor.stdout).toContain(`FAIL  No controller leads with Lease ${namespace.name}/nobodys: `);
    expect(await Program.start(["doctor", "--lease", "nobodys"]).exited).toBe(2);
  });

  it("completes commands, flags, their values and the names of hosts", async () => {
    const complete = async (...words: readonly string[]) =>
      (await onUsersMachine("kubectl_complete-dockerhost", words)).stdout.split("\n").filter(Boolean);
    expect(await complete("su")).toEqual(["suspend", ":4"]);
    expect(await complete("status", "--out")).toEqual(["--output", ":4"]);
    expect(await complete("list", "-o", "y")).toEqual(["yaml", ":4"]);
    expect(await complete("status", "-n", namespace.name, "ed")).toEqual(["edge-7", ":4"]);
    expect(await complete("status", "--kubeconfig", "/nowhere", "ed")).toEqual([":4"]);
  });

  it("says what is wrong in words, and what to do", async () => {
    expect(await plugin("status", "edge-8")).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: there is no DockerHost "edge-8" in namespace "${namespace.name}"; kubectl dockerhost list -A shows all\n`,
    });
    expect(await plugin("check")).toMatchObject({
      code: 2,
      stderr: "error: give the names of DockerHosts, a label selector (-l), or --all\n",
    });
    expect((await plugin("wait", "edge-7", "--timeout", "soon")).stderr).toContain("a duration such as 90s or 10m");
    expect(await plugin("check", "compose.yaml")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "it seems to be a file; to check the hosts of a manifest, run: dockerhost check -f",
      ),
    });
    expect(await plugin("status", "fleet/compose.yaml")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"fleet/compose.yaml" is not the name of a DockerHost; it seems to be a file'),
    });
    const elsewhere = await plugin("list", "--context", "elsewhere");
    expect(elsewhere).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The kubeconfig has no context "elsewhere"'),
    });
  });

  it("never shows an old answer as the new one, and names hosts as kubectl does", async () => {
    expect(await plugin("check", "edge-7", "-o", "name")).toMatchObject({
      code: 0,
      stdout: "dockerhost.dockerhost.dev/edge-7\n",
    });
    expect((await plugin("list", "-o", "name")).stdout).toBe(
      await namespace.kubectl("get", "dockerhosts", "-o", "name"),
    );
    await controller.stop();
    // The host had a good answer, which no longer counts after such a change.
    await namespace.kubectl("patch", "dhost", "edge-7", "--type=merge", "-p", '{"spec":{"host":"tcp://127.0.0.1:9"}}');
    const why = `error: ${namespace.name}/edge-7 was not checked in time: no controller picked up the request`;
    for (const [format, stdout] of [
      ["table", ""],
      ["name", ""],
      ["json", expect.stringMatching(/"items": \[\]/)],
      ["yaml", expect.stringMatching(/^items: \[\]$/m)],
    ] as const) {
      const checked = await plugin("check", "edge-7", "--timeout", "1s", "-o", format);
      expect(checked).toEqual({ code: 1, stdout, stderr: expect.stringContaining(why) });
    }
  });
});
