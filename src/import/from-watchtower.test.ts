import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type CliOptions, runCli } from "../../test/support/cli.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { runManifest } from "../../test/support/manifest-output.ts";
import { createAuthority } from "../../test/support/pki.ts";

let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  const ca = await createAuthority({ commonName: "CA" });
  const client = await ca.issue({ commonName: "client" });
  files = { "ca.pem": ca.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem };
});

const TLS = { DOCKER_HOST: "tcp://remote-host:2376", DOCKER_CERT_PATH: "/etc/ssl/docker", DOCKER_TLS_VERIFY: "1" };
const SPEC = { host: "tcp://remote-host:2376", tls: { verify: true, certSecretRef: { name: "remote-host-tls" } } };

/** A folder with a Compose file and certificates next to it; the arguments that name the file. */
async function compose(services: Readonly<Record<string, object>>, others: Readonly<Record<string, string>> = {}) {
  const certs = Object.fromEntries(Object.entries(files).map(([name, pem]) => [`certs/${name}`, pem]));
  const folder = await folderWith({ "compose.yaml": stringify({ services }), ...certs, ...others });
  return ["from-watchtower", "--compose", join(folder, "compose.yaml")];
}

const watchtower = (service: object) => ({ watchtower: { image: "nickfedor/watchtower:1.21", ...service } });

async function fromService(service: object, options: CliOptions = {}) {
  return await runManifest(await compose(watchtower(service)), options);
}

describe("a Compose file", () => {
  const volumes = ["./certs:/etc/ssl/docker:ro", "/var/run/docker.sock:/var/run/docker.sock"];

  it.each([
    [
      "the environment as a list",
      { environment: Object.entries(TLS).map(([name, value]) => `${name}=${value}`), volumes },
    ],
    ["the environment as a map", { environment: { ...TLS, DOCKER_TLS_VERIFY: 1 }, volumes }],
    [
      "a command as a text",
      { command: "--host tcp://remote-host:2376 --cert-path '/etc/ssl/docker' --tlsverify", volumes },
    ],
    [
      "a command as a list",
      { command: ["-H", "tcp://remote-host:2376", "--cert-path=/etc/ssl/docker", "-v"], volumes },
    ],
    [
      "a volume in full",
      { environment: TLS, volumes: [{ type: "bind", source: "./certs", target: "/etc/ssl/docker" }] },
    ],
    ["a mount above the path", { environment: { ...TLS, DOCKER_CERT_PATH: "/mnt/certs" }, volumes: [".:/mnt"] }],
    [
      "variables",
      { environment: { ...TLS, DOCKER_HOST: ["tcp://$", "{REMOTE:-remote-host}:2376"].join("") }, volumes },
    ],
    [
      "variables without a value",
      { environment: ["DOCKER_HOST", "DOCKER_CERT_PATH=/etc/ssl/docker", "DOCKER_TLS_VERIFY=yes"], volumes },
    ],
  ])("with %s", async (_what, service) => {
    const { spec, entries, stderr } = await fromService(service, { docker: { DOCKER_HOST: "tcp://remote-host:2376" } });
    expect(spec).toEqual(SPEC);
    expect([entries, stderr]).toEqual([files, ""]);
  });

  it("with env_file, and .env for its variables", async () => {
    const service = {
      env_file: "watchtower.env",
      environment: { DOCKER_HOST: ["tcp://$", "REMOTE:2376"].join("") },
      volumes,
    };
    const { DOCKER_HOST: _, ...rest } = TLS;
    const lines = Object.entries(rest).map(([name, value]) => `${name}="${value}" # why`);
    const others = { "watchtower.env": lines.join("\n"), ".env": "REMOTE=remote-host\n" };
    expect((await runManifest(await compose(watchtower(service), others))).spec).toEqual(SPEC);
  });

  it("is asked for the service where several could be meant", async () => {
    const services = {
      a: { image: "containrrr/watchtower" },
      b: { image: "nickfedor/watchtower", environment: TLS, volumes },
    };
    const args = await compose(services);
    const { code, stderr } = await runCli(["manifest", ...args]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("several services with Watchtower: a, b. Choose one with --service NAME"),
    ]);
    expect((await runManifest([...args, "--service", "b"])).spec).toEqual(SPEC);
  });

  it.each([
    ["no service of Watchtower", { web: { image: "nginx" } }, [], "name the service with --service NAME"],
    ["no such service", { web: { image: "nginx" } }, ["--service", "x"], "has no service x; its services are web"],
    ["certificates that are not mounted", watchtower({ environment: TLS }), [], "give their folder with --cert-path"],
    [
      "an unknown flag",
      watchtower({ command: "--secret-sauce x" }),
      [],
      "--secret-sauce is not a known flag of Watchtower",
    ],
  ])("is refused with %s", async (_what, services, args, message) => {
    const { code, stdout, stderr } = await runCli(["manifest", ...(await compose(services)), ...args]);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("takes the certificates from --cert-path where no mount leads to them", async () => {
    const args = await compose(watchtower({ environment: TLS, volumes: ["certs-volume:/etc/ssl/docker"] }));
    expect((await runCli(["manifest", ...args])).code).toBe(2);
    expect((await runManifest([...args, "--cert-path", await folderWith(files)])).entries).toEqual(files);
  });
});

describe("what was on the wire is written", () => {
  const volumes = ["./certs:/etc/ssl/docker:ro"];
  const { DOCKER_TLS_VERIFY: _, ...unverified } = TLS;

  it("a certificate path without verification is https:// with verify false, never tcp://", async () => {
    for (const command of ["", "--tlsverify=false"]) {
      const { spec, stderr } = await fromService({ environment: unverified, volumes, command });
      expect(spec).toEqual({
        host: "https://remote-host:2376",
        tls: { verify: false, certSecretRef: { name: "remote-host-tls" } },
      });
      expect(stderr).toContain("without verifying the server");
    }
  });

  it("DOCKER_TLS_VERIFY=0 verifies if there is a certificate path", async () => {
    const { spec, stderr } = await fromService({ environment: { ...TLS, DOCKER_TLS_VERIFY: "0" }, volumes });
    expect(spec).toEqual(SPEC);
    expect(stderr).toContain("turns verification on");
  });

  it("verification without a path is kept, though Watchtower then uses plaintext", async () => {
    const { spec, stderr } = await fromService({ command: "--host tcp://remote-host:2376 --tlsverify" });
    expect(spec).toEqual({ host: "tcp://remote-host:2376", tls: { verify: true } });
    expect(stderr).toContain("Watchtower then uses plaintext");
  });

  it.each([
    ["tcp://remote-host:2375", "tcp://remote-host:2375", ""],
    ["https://remote-host:2376", "http://remote-host:2376", "has https:// but no TLS settings"],
    ["tcp://remote-host", "tcp://remote-host:80", "names no port; 80 is written"],
    ["", "unix:///var/run/docker.sock", "on the machine where dockerhost runs"],
  ])("%j without TLS is %j", async (host, written, warning) => {
    const { spec, stderr } = await fromService({ environment: { DOCKER_HOST: host } });
    expect(spec).toEqual({ host: written });
    expect(stderr).toContain(warning);
  });
});

describe("other settings", () => {
  it.each([
    ["86400", undefined],
    ["3600", { interval: "1h" }],
    ["90", { interval: "1m30s", timeout: "1m30s" }],
    ["5", { interval: "1m", timeout: "1m" }],
    ["often", undefined],
  ])("the interval %s", async (seconds, updateCheck) => {
    const { spec } = await fromService({ environment: { WATCHTOWER_POLL_INTERVAL: seconds } });
    expect(spec).toEqual({
      host: "unix:///var/run/docker.sock",
      ...(updateCheck === undefined ? {} : { updateCheck }),
    });
  });

  it("without an equivalent are named, without their values", async () => {
    const { stdout, stderr } = await fromService({
      environment: {
        WATCHTOWER_NOTIFICATION_URL: "smtp://u:hidden@h",
        WATCHTOWER_CLEANUP: "false",
        REPO_PASS: "hidden",
        WATCHTOWER_LOG_LEVEL: "debug",
      },
      command: "-cR --http-api-token hidden --monitor-only --label-enable=false",
    });
    expect(stderr).toContain(
      "are left out: --cleanup, --run-once, --http-api-token, WATCHTOWER_NOTIFICATION_URL, REPO_PASS.",
    );
    expect(stderr).toContain("spec.updateCheck.imagePullSecrets");
    expect(stdout + stderr).not.toContain("hidden");
  });
});

describe("a command line", () => {
  const run = async (words: readonly string[], options: CliOptions = {}) =>
    await runManifest(["from-watchtower", "--", ...words], options);
  const flags = ["--host", "tcp://remote-host:2376", "--cert-path", "/etc/ssl/docker", "--tlsverify"];

  it("of docker run, as Watchtower's documentation has it", async () => {
    const folder = await folderWith(files);
    const before = ["docker", "run", "-d", "--name", "watchtower"];
    for (const words of [
      [...before, "-v", `${folder}:/etc/ssl/docker:ro`, "nickfedor/watchtower", ...flags],
      [
        "sudo",
        ...before,
        "--mount",
        `type=bind,source=${folder},target=/etc/ssl/docker`,
        "nickfedor/watchtower",
        ...flags,
      ],
      [
        ...before,
        "--rm",
        `-itv=${folder}:/etc/ssl/docker`,
        "-eDOCKER_TLS_VERIFY=1",
        "--env=DOCKER_HOST=tcp://remote-host:2376",
        "-e",
        "DOCKER_CERT_PATH",
        "nickfedor/watchtower",
      ],
    ]) {
      const { spec, entries, stderr } = await run(words, { docker: { DOCKER_CERT_PATH: "/etc/ssl/docker" } });
      expect(spec).toEqual(SPEC);
      expect([entries, stderr]).toEqual([files, ""]);
    }
  });

  it("of Watchtower itself, which sees this machine's files", async () => {
    const folder = await folderWith(files);
    const words = ["--host", "tcp://remote-host:2376", "--tlsverify"];
    for (const each of [words, ["/usr/bin/watchtower", ...words]]) {
      expect((await run(each, { docker: { DOCKER_CERT_PATH: folder } })).spec).toEqual(SPEC);
    }
  });

  it("with another image is read with a warning", async () => {
    const { stderr } = await run(["docker", "run", "mirror/updater", "--host", "tcp://h:2375"]);
    expect(stderr).toContain("mirror/updater is assumed to be a Watchtower image");
  });

  it.each([
    [["docker", "ps"], "is not a docker run command"],
    [["docker", "run", "-d"], "names no image"],
    [["docker", "run", "-v"], "has no value after -v"],
    [[], "Give either --compose FILE, or Watchtower's command line after --"],
    [["--host"], "--host has no value"],
    [["--host", "remote-host"], "it has no scheme"],
  ])("%j is refused", async (words, message) => {
    const { code, stderr } = await runCli(["manifest", "from-watchtower", "--", ...words]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
