import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type CliOptions, runCli } from "../../test/support/cli.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { runManifest } from "../../test/support/manifest-output.ts";
import { createAuthority } from "../../test/support/pki.ts";

const NAMES = ["ca.pem", "cert.pem", "key.pem"];
let pems: Readonly<Record<string, string>>;

beforeAll(async () => {
  const ca = await createAuthority({ commonName: "CA" });
  const client = await ca.issue({ commonName: "client" });
  pems = { "ca.pem": ca.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem };
});

const SPEC = { host: "tcp://edge-7:2376", tls: { verify: true, certSecretRef: { name: "edge-7-tls" } } };
const TLS = `environment:
      DOCKER_HOST: tcp://edge-7:2376
      DOCKER_TLS_VERIFY: 1
      DOCKER_CERT_PATH: /certs
`;
const MUTUAL = `${TLS}    volumes: ["./certs:/certs:ro"]`;
const IMAGE = "image: nickfedor/watchtower:1.21";

/** Files with certificates in certs/ and base/certs/; % stands for $, of which the linter is wary. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const certs = Object.entries(pems).flatMap(([name, pem]) => [
    [`certs/${name}`, pem],
    [`base/certs/${name}`, pem],
  ]);
  const texts = Object.entries(files).map(([name, text]) => [name, text.replaceAll("%", "$")]);
  return await folderWith(Object.fromEntries([...certs, ...texts]));
}

async function bring(files: Readonly<Record<string, string>>, args: readonly string[] = [], options: CliOptions = {}) {
  const folder = await folderOf(files);
  return await runManifest(["from-watchtower", "--compose", join(folder, "c.yaml"), ...args], options);
}

async function refusal(files: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const folder = await folderOf(files);
  const { code, stdout, stderr } = await runCli([
    "manifest",
    "from-watchtower",
    "--compose",
    join(folder, "c.yaml"),
    ...args,
  ]);
  expect([code, stdout]).toEqual([2, ""]);
  return stderr;
}

describe("extends is followed", () => {
  it.each([
    [
      "within the file",
      { "c.yaml": `services:\n  base:\n    ${MUTUAL}\n  w:\n    ${IMAGE}\n    extends:\n      service: base\n` },
    ],
    ["by a name alone", { "c.yaml": `services:\n  base:\n    ${MUTUAL}\n  w:\n    ${IMAGE}\n    extends: base\n` }],
    [
      "into another file, whose paths start there",
      {
        "c.yaml": `services:\n  w:\n    ${IMAGE}\n    extends: {file: base/common.yaml, service: base}\n`,
        "base/common.yaml": `services:\n  base:\n    ${MUTUAL}\n`,
      },
    ],
    [
      "through several, and into a file with the image",
      {
        "c.yaml": "services:\n  w:\n    extends: {file: base/common.yaml, service: two}\n",
        "base/common.yaml": `services:\n  two:\n    extends: one\n    ${IMAGE}\n  one:\n    ${MUTUAL}\n`,
      },
    ],
    [
      "and overridden: the environment by name, mounts by target, the command as a whole",
      {
        "c.yaml": `services:\n  base:\n    ${TLS}    command: --scope other\n    volumes: [other:/certs]\n  w:\n    ${IMAGE}\n    extends: base\n    command: []\n    environment: [DOCKER_TLS_VERIFY=yes]\n    volumes: ["./certs:/certs"]\n`,
      },
    ],
  ])("%s", async (_what, files) => {
    const { spec, entries, code } = await bring(files);
    expect(spec).toEqual(SPEC);
    expect([entries, code]).toEqual([pems, 0]);
  });

  it.each([
    ["itself", "  w:\n    extends: w\n", "extends itself"],
    ["in a circle", "  w:\n    extends: a\n  a:\n    extends: w\n", 'extends itself: "w" of'],
    ["what is not there", "  w:\n    extends: gone\n", 'has no service "gone"'],
    ["a file that is not there", "  w:\n    extends: {file: gone.yaml, service: a}\n", "gone.yaml cannot be read"],
    ["a remote file", "  w:\n    extends: {file: oci://x/y, service: a}\n", "not a file on this machine"],
    ["nothing", "  w:\n    extends: {file: x.yaml}\n", '"extends" must name a service'],
    [
      "too many",
      ["  w:\n    extends: s0\n", ...Array.from({ length: 20 }, (_, n) => `  s${n}:\n    extends: s${n + 1}\n`)].join(
        "",
      ),
      "more than 16 services",
    ],
  ])("and %s is refused by its name", async (_what, services, message) => {
    expect(await refusal({ "c.yaml": `services:\n${services}` }, ["--service", "w"])).toContain(message);
  });
});

describe("include is followed", () => {
  it.each([
    ["a path", "include: [base/w.yaml]\n"],
    ["a map", "include:\n  - path: base/w.yaml\n"],
    ["several that override each other", "include:\n  - path: [base/w.yaml, base/over.yaml]\n"],
  ])("%s", async (_what, text) => {
    const { spec, entries } = await bring({
      "c.yaml": text,
      "base/w.yaml": `services:\n  w:\n    ${IMAGE}\n    ${MUTUAL.replace("edge-7", "%{REMOTE}")}\n`,
      "base/over.yaml": "services:\n  w:\n    environment: [DOCKER_TLS_VERIFY=1]\n",
      "base/.env": "REMOTE=edge-7\n",
    });
    expect([spec, entries]).toEqual([SPEC, pems]);
  });

  it.each([
    ["a circle", "include: [c.yaml]\n", "leads back to a file that is already included"],
    ["a file that is not there", "include: [gone.yaml]\n", "gone.yaml cannot be read"],
    ["a remote one", "include: ['https://github.com/x/y.git']\n", "not a file on this machine"],
  ])("and %s is refused", async (_what, text, message) => {
    expect(await refusal({ "c.yaml": `${text}services:\n  w:\n    ${IMAGE}\n` })).toContain(message);
  });
});

describe("certificates that are handed in one by one", () => {
  const grants = (kind: string, target: string) =>
    `    ${kind}:\n${NAMES.map((name) => `      - {source: ${name}, target: "${target}${name}"}\n`).join("")}`;
  const definitions = (kind: string) =>
    `${kind}:\n${NAMES.map((name) => `  ${name}: {file: "./certs/${name}"}\n`).join("")}`;

  it.each([
    ["as secrets", `${grants("secrets", "/certs/")}${definitions("secrets")}`, "/certs"],
    [
      "as secrets of their own names",
      `    secrets: [ca.pem, cert.pem, key.pem]\n${definitions("secrets")}`,
      "/run/secrets",
    ],
    ["as configs", `${grants("configs", "/certs/")}${definitions("configs")}`, "/certs"],
    [
      "as files",
      `    volumes:\n${NAMES.map((name) => `      - ./certs/${name}:/certs/${name}:ro\n`).join("")}`,
      "/certs",
    ],
    [
      "as a volume that is bound to a folder",
      "    volumes: [certs:/certs]\nvolumes:\n  certs: {driver: local, driver_opts: {type: none, o: bind, device: ./certs}}\n",
      "/certs",
    ],
  ])("%s", async (_what, rest, path) => {
    const text = `services:\n  w:\n    ${IMAGE}\n    ${TLS.replace("/certs", path)}${rest}`;
    const { spec, entries } = await bring({ "c.yaml": text });
    expect([spec, entries]).toEqual([SPEC, pems]);
  });

  it.each([
    [
      "an external secret",
      "    secrets: [{source: ca, target: /certs/ca.pem}]\nsecrets: {ca: {external: true}}\n",
      'the secret "ca", which is not defined in the file',
    ],
    ["a named volume", "    volumes: [store:/certs]\n", 'comes from the volume "store"'],
    ["a tmpfs", "    tmpfs: /certs\n", "comes from a tmpfs"],
    ["a secret that is not defined", "    secrets: [gone]\n", 'the secret "gone" is not defined'],
  ])("of which the one in %s is refused by name", async (_what, rest, message) => {
    const text = `services:\n  w:\n    ${IMAGE}\n    ${TLS}${rest}`;
    expect(await refusal({ "c.yaml": text })).toContain(message);
  });
});

describe("what changes the meaning of a service is never dropped", () => {
  it.each([
    ["build: .", 'key "build" cannot be imported'],
    ["volumes_from: [certs]", 'key "volumes_from" cannot be imported'],
    ["working_dir: /x", 'key "working_dir" cannot be imported'],
    ["enviroment: {A: b}", 'key "enviroment" is not a key of Compose'],
    ["entrypoint: [sh, -c, '/watchtower --host tcp://h:1']", "entrypoint does not start Watchtower itself"],
    ["entrypoint: /run.sh", "entrypoint does not start Watchtower itself"],
    ["env_file: [{path: x, format: yaml}]", 'its env_file has the unknown format "yaml"'],
    ["environment: !reset null", "uses !reset"],
    ["volumes: 7", 'key "volumes" cannot be read'],
  ])("%s", async (line, message) => {
    expect(await refusal({ "c.yaml": `services:\n  w:\n    ${IMAGE}\n    ${line}\n` })).toContain(message);
  });

  it("but keys that say nothing, extensions, anchors, merge keys and profiles are fine", async () => {
    const { spec, code } = await bring({
      "c.yaml": `name: x
x-env: &env
  DOCKER_HOST: tcp://edge-7:2376
x-tls: &tls
  <<: *env
  DOCKER_TLS_VERIFY: "1"
  DOCKER_CERT_PATH: /certs
services:
  w:
    ${IMAGE}
    x-note: y
    profiles: [ops]
    restart: always
    labels: {a: b}
    deploy: {replicas: 1}
    healthcheck: {disable: true}
    read_only: true
    entrypoint: [/watchtower, --scope, a]
    environment:
      <<: *tls
    volumes: ["./certs:/certs:ro"]
`,
    });
    expect(spec).toEqual({ ...SPEC, updateCheck: { containers: { scope: "a" } } });
    expect(code).toBe(0);
  });
});

it("a second service with Watchtower that cannot be read is not skipped", async () => {
  const text = `services:\n  a:\n    ${IMAGE}\n    build: .\n  b:\n    ${IMAGE}\n    ${MUTUAL}\n`;
  expect(await refusal({ "c.yaml": text })).toContain("several services with Watchtower: a, b");
});

describe("several files", () => {
  const files = {
    "c.yaml": `services:\n  w:\n    ${IMAGE}\n    environment: [DOCKER_HOST=tcp://other:2375]\n`,
    "tls.yaml": `services:\n  w:\n    ${MUTUAL}\n`,
  };

  it("are merged in their order", async () => {
    const folder = await folderOf(files);
    const compose = (...names: readonly string[]) => names.flatMap((name) => ["--compose", join(folder, name)]);
    expect((await runManifest(["from-watchtower", ...compose("c.yaml", "tls.yaml")])).spec).toEqual(SPEC);
    const back = await runManifest(["from-watchtower", ...compose("tls.yaml", "c.yaml")]);
    expect(back.spec).toMatchObject({ host: "tcp://other:2375" });
  });

  it.each(["compose", "docker-compose"])("also the override next to %s.yaml, with a notice", async (stem) => {
    const folder = await folderOf({ [`${stem}.yaml`]: files["c.yaml"], [`${stem}.override.yml`]: files["tls.yaml"] });
    const { spec, stderr } = await runManifest(["from-watchtower", "--compose", join(folder, `${stem}.yaml`)]);
    expect(spec).toEqual(SPEC);
    expect(stderr).toContain(`${stem}.override.yml is also read`);
  });
});

describe("variables", () => {
  const from = (rest: string) => ({ "c.yaml": `services:\n  w:\n    ${IMAGE}\n    ${rest}\n` });

  it("of env_file are filled in, those of the environment count more", async () => {
    const { spec } = await bring({
      ...from(
        "env_file: [a.env, {path: gone.env, required: false}]\n    environment: [NAME=edge-7, DOCKER_API_VERSION=1.45]",
      ),
      "a.env": "DOCKER_HOST=tcp://%{NAME}:%{PORT:-2375}\nDOCKER_API_VERSION=1.44\nWATCHTOWER_SCOPE='%{NAME}'\n",
    });
    expect(spec).toEqual({
      host: "tcp://edge-7:2375",
      apiVersion: "1.45",
      updateCheck: { containers: { scope: "$".concat("{NAME}") } },
    });
  });

  it("of .env build on each other, and the caller's count more", async () => {
    const files = { ...from("environment: {DOCKER_HOST: %URL}"), ".env": "NAME=edge-7\nURL=tcp://%NAME:2375\n" };
    expect((await bring(files)).spec).toEqual({ host: "tcp://edge-7:2375" });
    expect((await bring(files, [], { env: { NAME: "edge-8" } })).spec).toEqual({ host: "tcp://edge-8:2375" });
  });

  it("of a raw env_file are taken as they are, except for quotes around them", async () => {
    const { spec, stderr } = await bring({
      ...from("env_file: [{path: a.env, format: raw}]"),
      "a.env": 'DOCKER_HOST="tcp://edge-7:2375"\nWATCHTOWER_SCOPE=%X\n',
    });
    expect(spec).toEqual({ host: "tcp://edge-7:2375", updateCheck: { containers: { scope: "$X" } } });
    expect(stderr).toContain("the quotes around DOCKER_HOST are part of the value");
  });

  it.each([
    ["must be set", "environment: ['DOCKER_HOST=%{NONE:?hidden}']", {}, "the variable NONE must be set"],
    ["must be set in an env_file", "env_file: a.env", { "a.env": "X=1\nDOCKER_HOST=%{NONE?hidden}" }, "a.env: line 2"],
    ["come from a file that is not there", "env_file: gone.env", {}, "gone.env cannot be read: it does not exist"],
  ])("that %s are asked for", async (_what, rest, others, message) => {
    const stderr = await refusal({ ...from(rest), ...others });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("hidden");
  });

  it("that are not set are named", async () => {
    const { stderr } = await bring(from("environment: ['DOCKER_HOST=tcp://edge-7%{SUFFIX}:2375']"));
    expect(stderr).toContain("the variable SUFFIX is not set");
  });

  it.each([
    ["spec.host", "environment: ['DOCKER_HOST=tcp://edge-7/%{AWS_SECRET_ACCESS_KEY}']"],
    ["spec.host", "command: --host tcp://edge-7:2375/%{AWS_SECRET_ACCESS_KEY}"],
    ["spec.host", "env_file: a.env"],
    ["spec.updateCheck", "environment: [WATCHTOWER_SCOPE=%AWS_SECRET_ACCESS_KEY]"],
  ])("whose values go into %s are warned of: %s", async (field, rest) => {
    const files = { ...from(rest), "a.env": "DOCKER_HOST=tcp://edge-7:2375/%AWS_SECRET_ACCESS_KEY\n" };
    const { stderr } = await bring(files, [], { env: { AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI" } });
    expect(stderr).toContain(`the value of the variable AWS_SECRET_ACCESS_KEY is written into ${field}`);
    expect(stderr.replaceAll(/^Warning: tcp:.*$/gm, "")).not.toContain("wJalrXUtnFEMI");
  });
});

describe("booleans are read as Watchtower reads them", () => {
  const withValue = (value: string) => ({
    "c.yaml": `services:\n  w:\n    ${IMAGE}\n    environment:\n      - ${value}\n`,
  });

  it.each([
    ["WATCHTOWER_LABEL_ENABLE=true", true, ""],
    ["WATCHTOWER_LABEL_ENABLE=T", true, ""],
    ["WATCHTOWER_LABEL_ENABLE=1", true, ""],
    ["WATCHTOWER_LABEL_ENABLE=F", false, ""],
    ["WATCHTOWER_LABEL_ENABLE=", false, ""],
    ['WATCHTOWER_LABEL_ENABLE="false"', false, "the quotes around WATCHTOWER_LABEL_ENABLE"],
    ['WATCHTOWER_LABEL_ENABLE="true"', true, "the quotes around WATCHTOWER_LABEL_ENABLE"],
    ["WATCHTOWER_LABEL_ENABLE='0'", false, "the quotes around WATCHTOWER_LABEL_ENABLE"],
  ])("%s", async (value, labeled, warning) => {
    const { spec, stderr } = await bring(withValue(value));
    expect(spec).toEqual({
      host: "unix:///var/run/docker.sock",
      ...(labeled ? { updateCheck: { containers: { policy: "Labeled" } } } : {}),
    });
    expect(stderr).toContain(warning);
  });

  it.each([
    "WATCHTOWER_LABEL_ENABLE=yes",
    "WATCHTOWER_INCLUDE_STOPPED=off",
    'WATCHTOWER_INCLUDE_RESTARTING="no"',
    "WATCHTOWER_LABEL_ENABLE=fAlSe",
  ])("%s is refused, as Watchtower does not start with it", async (value) => {
    const stderr = await refusal(withValue(value));
    expect(stderr).toMatch(/WATCHTOWER_\w+ must be true or false/);
  });

  it("flags alike", async () => {
    const command = (text: string) => ({ "c.yaml": `services:\n  w:\n    ${IMAGE}\n    command: ${text}\n` });
    expect(await refusal(command("--label-enable=no"))).toContain("--label-enable must be true or false");
    expect((await bring(command("--label-enable=FALSE"))).spec).toEqual({ host: "unix:///var/run/docker.sock" });
  });
});

describe("an address that means another machine in a cluster is warned of", () => {
  const services = (host: string, others = "") => ({
    "c.yaml": `services:\n  w:\n    ${IMAGE}\n    environment: [DOCKER_HOST=tcp://${host}:2375]\n${others}`,
  });

  it.each([
    ["socket-proxy", "  socket-proxy: {image: x}\n", 'the service "socket-proxy" of the same Compose file'],
    ["proxy", "  p: {image: x, container_name: proxy}\n", 'the service "p" of the same Compose file'],
    ["proxy", "  p: {image: x, networks: {n: {aliases: [proxy]}}}\n", 'the service "p" of the same Compose file'],
    ["dockerd", "    links: ['p:dockerd']\n", 'a link to the container "p"'],
    ["edge", "    extra_hosts: ['edge:10.0.0.5']\n", "extra_hosts (edge:10.0.0.5)"],
    ["host.docker.internal", "", "the machine on which the container runs"],
    ["172.17.0.1", "", "docker0"],
    ["0.0.0.0", "", "on the machine where dockerhost runs"],
  ])("%s", async (host, others, words) => {
    expect((await bring(services(host, others))).stderr).toContain(words);
  });

  it("but not one that is the same everywhere", async () => {
    expect((await bring(services("edge-7", "  proxy: {image: x}\n"))).stderr).toBe("");
  });
});

describe("what is given in the wrong place", () => {
  it("a Compose file where names of containers are meant", async () => {
    const folder = await folderOf({ "c.yaml": "services: {}\n", composefile: "services: {}\n" });
    for (const word of [join(folder, "c.yaml"), join(folder, "composefile"), "compose.yml"]) {
      const { code, stderr } = await runCli(["manifest", "from-watchtower", word]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(`give (?:it|a Compose file) with --compose ${word}`)]);
    }
  });

  it.each([
    ["a container", "watchtower", "is not a file; --compose takes the path of a Compose file"],
    ["a folder", "/tmp", "is a folder; name the Compose file in it"],
  ])("%s where a Compose file is meant", async (_what, word, message) => {
    const { code, stderr } = await runCli(["manifest", "from-watchtower", "--compose", word]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("a container's name where a service is meant", async () => {
    const files = { "c.yaml": `services:\n  w:\n    ${IMAGE}\n    container_name: tower\n` };
    expect(await refusal(files, ["--service", "tower"])).toContain("Name its service with --service w");
  });
});

describe("a config.json with registry logins is noticed", () => {
  const mounted = (config: string, target = "/config.json") => ({
    "c.yaml": `services:\n  w:\n    ${IMAGE}\n    environment: [DOCKER_HOST=tcp://edge-7:2375]\n    volumes: ["./docker.json:${target}:ro"]\n`,
    "docker.json": config,
  });

  it.each([
    [
      "with logins",
      '{"auths":{"r.example.com":{"auth":"aGlkZGVuOmhpZGRlbg=="}}}',
      "kubectl create secret generic registry-logins",
    ],
    ["with a helper", '{"credsStore":"pass","auths":{"r.example.com":{}}}', "credential helper"],
    ["that cannot be read", "hidden", "may contain registry logins"],
  ])("%s", async (_what, config, words) => {
    const { stdout, stderr, code } = await bring(mounted(config));
    expect(stderr).toContain(words);
    expect(stderr).toContain("spec.updateCheck.imagePullSecrets");
    expect(stdout + stderr).not.toMatch(/hidden|aGlkZGVu|r\.example\.com/);
    expect(code).toBe(0);
  });

  it("at each place where Watchtower looks, also of docker run", async () => {
    expect((await bring(mounted("{}", "/root/.docker/config.json"))).stderr).toContain("may contain registry logins");
    const folder = await folderWith({ "config.json": "{}" });
    const run = ["docker", "run", "-v", `${folder}:/root/.docker`, "nickfedor/watchtower", "-H", "tcp://edge-7:2375"];
    expect((await runManifest(["from-watchtower", "--", ...run])).stderr).toContain("may contain registry logins");
  });
});
