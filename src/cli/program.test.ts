import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeCli, runCli } from "../../test/support/cli.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { kubectlProgram, runKubectlPlugin } from "./kubectl/plugin-program.ts";
import { dockerhostProgram, runProgram } from "./program.ts";

async function certificates() {
  const authority = await createAuthority({ commonName: "a CA" });
  return { authority, client: await authority.issue({ commonName: "operator", usages: ["clientAuth"] }) };
}

describe("dockerhost", () => {
  it("prints its version", async () => {
    expect(await runCli(["--version"])).toEqual({ code: 0, stdout: "1.2.3\n", stderr: "" });
  });

  it("shows its commands when it is asked to, and as an error when none is given", async () => {
    const help = await runCli(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of ["check", "run", "controller"]) expect(help.stdout).toContain(`\n  ${command} [options]`);
    expect(await runCli([])).toEqual({ code: 2, stdout: "", stderr: help.stdout });
  });

  it("suggests a command in the place of a mistyped one", async () => {
    expect(await runCli(["chekc"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(Did you mean check?)"),
    });
  });

  it.each([
    ["check", ["--filename", "--host", "--tlsverify", "--cert-path", "--api-version", "--output", "--fail-on-updates"]],
    ["run", ["--filename", "--state", "--metrics-addr", "--log-level", "--log-encoding"]],
    [
      "controller",
      [
        "--kubeconfig",
        "--context",
        "--watch-namespaces",
        "--concurrent",
        "--health-addr",
        "--metrics-addr",
        "--log-level",
      ],
    ],
  ])("explains %s with each of its flags and an example", async (command, flags) => {
    const { code, stdout } = await runCli([command, "--help"]);
    expect(code).toBe(0);
    for (const flag of flags) expect(stdout).toContain(flag);
    expect(stdout).toContain(`\n  $ dockerhost ${command} `);
  });

  it("takes the examples of its own help", async () => {
    for (const command of ["check", "run", "controller"]) {
      const { stdout } = await runCli([command, "--help"]);
      const examples = [...stdout.matchAll(/\$ (?:.*\| )?dockerhost (.*)\n/g)].map(([, args = ""]) => args.split(" "));
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        const flags = example.filter((word) => word.startsWith("-") && word !== "-");
        for (const flag of flags) expect(stdout).toMatch(new RegExp(`^  (-\\w, )?${flag}\\b|^  ${flag}, `, "m"));
      }
    }
  });

  it.each([
    [["check", "fleet/"], "did you mean dockerhost check -f fleet/?"],
    [["check", "-o", "wide", "a.yaml", "b.yaml"], "did you mean dockerhost check -f a.yaml b.yaml?"],
    [["check", "./fleet"], "did you mean dockerhost check -f ./fleet?"],
    [["run", "fleet/"], "did you mean dockerhost run -f fleet/?"],
    [["check", "tcp://edge-7:2376"], "did you mean dockerhost check --host tcp://edge-7:2376?"],
    [["list"], '"list" is a command of the plugin for kubectl: kubectl dockerhost list'],
    [["list", "edge-7"], '"list" is a command of the plugin for kubectl: kubectl dockerhost status edge-7'],
    [["list", "-A"], '"list" is a command of the plugin for kubectl: kubectl dockerhost list -A'],
    [["updates"], '"updates" is a command of the plugin for kubectl: kubectl dockerhost updates'],
    [["page"], '"page" is a command of the plugin for kubectl: kubectl dockerhost page'],
    [["get", "dockerhosts", "-A"], '"get" is a command of kubectl: kubectl get dockerhosts -A'],
    [["describe", "edge-7"], '"describe" is a command of kubectl: kubectl describe dockerhost edge-7'],
    [["apply", "-f", "fleet/"], '"apply" is a command of kubectl: kubectl apply -f fleet/'],
    [
      ["logs", "edge-7"],
      "dockerhost shows no logs: use docker logs for those of a container, and kubectl logs for those of the controller",
    ],
    [["restart", "web"], '"restart" is a command of Docker: docker --host URL restart web'],
    [["version"], "did you mean dockerhost --version?"],
    [["-v"], "did you mean dockerhost --version?"],
    [["fleet/"], "did you mean dockerhost check -f fleet/?"],
    [["tcp://edge-7:2376"], "did you mean dockerhost check --host tcp://edge-7:2376?"],
    [["check", "src"], "did you mean dockerhost check -f src?"],
    [
      ["check", "edge-7"],
      "to check a host of a cluster, use kubectl dockerhost check edge-7; else give its manifest with -f, or its address with --host",
    ],
    [
      ["check", "compose.yaml"],
      "for the settings of Watchtower in a Compose file, use dockerhost manifest from-watchtower --compose compose.yaml",
    ],
    [
      ["run", "./docker-compose.prod.yml"],
      "for the settings of Watchtower in a Compose file, use dockerhost manifest from-watchtower --compose ./docker-compose.prod.yml",
    ],
    [
      ["run", "tcp://edge-7"],
      "run reads hosts only from manifests; dockerhost manifest from-files and from-context write them",
    ],
    [["controller", "fleet/"], "controller reads the hosts of a cluster; for manifests, use dockerhost run -f fleet/"],
    [
      ["-H", "tcp://edge-7:2376", "check", "-o", "wide"],
      "flags come after the command: dockerhost check -H tcp://edge-7:2376 -o wide",
    ],
    [["check", "--tls"], "use --tlsverify, or an https:// address for TLS without verification"],
    [
      ["check", "--watch", "-f", "fleet/"],
      "check ends after one pass; dockerhost run -f PATH keeps checking, and shows what changes",
    ],
    [["status", "edge-7"], '"status" is a command of the plugin for kubectl: kubectl dockerhost status edge-7'],
    [["page", "--open"], '"page" is a command of the plugin for kubectl: kubectl dockerhost page --open'],
    [["history", "edge-7"], '"history" is a command of the plugin for kubectl: kubectl dockerhost history edge-7'],
    [
      ["rollback", "edge-7", "web"],
      '"rollback" is a command of the plugin for kubectl: kubectl dockerhost rollback edge-7 web',
    ],
  ])("hints at what is meant by %j", async (args, hint) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr).toMatch(/^error: /);
    expect(stderr.endsWith(`\nhint: ${hint}\n`)).toBe(true);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it.each([["check"], ["update"], ["run"]])(
    "does not take -h as the host of %s, nor the help as success",
    async (name) => {
      const { code, stdout, stderr } = await runCli([name, "-h", "tcp://edge-7:2376"]);
      expect([code, stderr]).toEqual([2, "hint: -h shows the help; did you mean -H tcp://edge-7:2376?\n"]);
      expect(stdout).toContain(`Usage: dockerhost ${name} `);
    },
  );

  it("hints at every command that only the other program has", async () => {
    const ignore = async () => {};
    const programs = [kubectlProgram(fakeCli(), ignore), dockerhostProgram([], fakeCli(), ignore)];
    const [plugin = [], program = []] = programs.map(({ commands }) => commands.map((each) => each.name()));
    for (const name of plugin.filter((each) => !program.includes(each))) {
      expect((await runCli([name])).stderr).toBe(
        `error: unknown command '${name}'\n(see --help)\nhint: "${name}" is a command of the plugin for kubectl: kubectl dockerhost ${name}\n`,
      );
    }
    for (const name of program.filter((each) => !plugin.includes(each))) {
      const context = fakeCli();
      expect(await runKubectlPlugin([name], context, "1.2.3")).toBe(2);
      expect(context.stderr.text).toContain(`\nhint: "${name}" is a command of dockerhost`);
    }
  });

  it.each([
    [["updates", "edge-7"], "did you mean kubectl dockerhost status edge-7?"],
    [["status"], "name a host, or use kubectl dockerhost list to see all"],
    [["get", "edge-7"], '"get" is a command of kubectl: kubectl get dockerhost edge-7'],
    [["check", "-f", "fleet/"], "the plugin checks hosts of a cluster; did you mean dockerhost check -f fleet/?"],
    [["list", "edge-7"], "did you mean kubectl dockerhost status edge-7?"],
    [["ls", "edge-7", "-n", "fleet"], "did you mean kubectl dockerhost status edge-7?"],
    [["run", "-f", "fleet/"], '"run" is a command of dockerhost: dockerhost run -f fleet/'],
    [
      ["notify", "test"],
      '"notify" is a command of dockerhost; to test the webhook of a controller, run it there: kubectl exec -n NAMESPACE deployment/NAME -- /nodejs/bin/node /app/dockerhost.mjs notify test',
    ],
  ])("hints at what is meant by kubectl dockerhost %j", async (args, hint) => {
    const context = fakeCli();
    expect(await runKubectlPlugin(args, context, "1.2.3")).toBe(2);
    expect(context.stderr.text.endsWith(`\nhint: ${hint}\n`)).toBe(true);
  });

  it.each([
    [["check", "--nonsense"]],
    [["check", "fleet/", "--nonsense"]],
    [["nonsense"]],
    [["check", "-h"]],
    [["update", "-H"]],
  ])("hints at nothing for %j", async (args) => {
    expect((await runCli(args)).stderr).not.toContain("hint:");
  });

  it.each([
    ["from-watchtower", ["compose.yaml"]],
    ["from-watchtower", ["--compose", "a.yaml", "--service", "compose.yaml"]],
  ])("does not accept a Compose file as a name: %s %j", async (command, args) => {
    const { code, stderr } = await runCli(["manifest", command, ...args]);
    expect(stderr).toBe(
      "error: compose.yaml seems to be a Compose file; give it with --compose compose.yaml, and a service with --service\n",
    );
    expect(code).toBe(2);
  });

  it("does not accept a Compose file as a manifest", async () => {
    const stdin = "services: {watchtower: {image: containrrr/watchtower}}\n";
    const { code, stderr } = await runCli(["check", "-f", "-"], { stdin });
    expect(stderr).toContain("standard input: is a Compose file, not a manifest; dockerhost manifest from-watchtower");
    expect(code).toBe(2);
  });

  it.each([
    [0o644, true],
    [0o640, true],
    [0o600, false],
    [undefined, false],
  ])("warns of a private key in a file of mode %o: %s", async (stdoutMode, warns) => {
    const folder = await temporaryFolder();
    const { authority, client } = await certificates();
    for (const [name, text] of [
      ["ca.pem", authority.certPem],
      ["cert.pem", client.certPem],
      ["key.pem", client.keyPem],
    ] as const)
      await writeFile(join(folder, name), text);
    for (const [extra, expected] of [
      [[], warns],
      [["--no-secret"], false],
    ] as const) {
      const context = { ...fakeCli(), stdoutMode };
      const args = ["manifest", "from-files", folder, "--host", "tcp://edge-7:2376", ...extra];
      expect([await runProgram(args, context, "1.2.3"), context.stderr.text.includes("run chmod 600 on it")]).toEqual([
        0,
        expected,
      ]);
    }
  });

  it.each([
    [["run"], "required option '-f, --filename <path...>' not specified"],
    [["run", "-f", "x", "--log-level", "loud"], "--log-level loud: it must be one of debug, info, warn, error"],
    [["controller", "--concurrent", "0"], "--concurrent 0: it must be a number from 1 to 999"],
    [["controller", "--health-addr", "9440"], "it must be [HOST]:PORT"],
    [["controller", "--health-addr", ":99999"], "it must be [HOST]:PORT"],
    [["controller", "--metrics-addr", "none"], "it must be [HOST]:PORT"],
    [["run", "-f", "x", "--metrics-addr", "8080"], "it must be [HOST]:PORT"],
    [["controller", "--kubeconfig", "/nonexistent"], "/nonexistent"],
    [["check", "file.yaml"], "too many arguments"],
  ])("refuses %j", async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it.each([
    [
      ["controller"],
      { DOCKERHOST_CONCURENT: "3" },
      "DOCKERHOST_CONCURENT in the environment: there is no such setting",
    ],
    [
      ["controller"],
      { DOCKERHOST_CONCURRENT: "none" },
      "DOCKERHOST_CONCURRENT=none: it must be a number from 1 to 999",
    ],
    [["run", "-f", "x"], { DOCKERHOST_LOG_LEVEL: "loud" }, "DOCKERHOST_LOG_LEVEL=loud: it must be one of debug"],
    // The flag is right, and wins: only the cluster is missing.
    [
      ["controller", "--concurrent", "3", "--kubeconfig", "/nonexistent"],
      { DOCKERHOST_CONCURRENT: "none" },
      "/nonexistent",
    ],
  ])("refuses %j with the variables %j", async (args, env, message) => {
    const { code, stdout, stderr } = await runCli(args, { env });
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});
