import { describe, expect, it } from "vitest";
import { runCli } from "../../test/support/cli.ts";

describe("dockerhost", () => {
  it("tells its version", async () => {
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
