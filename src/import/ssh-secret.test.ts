import { join } from "node:path";
import ssh2 from "ssh2";
import { beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../test/support/cli.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { runManifest } from "../../test/support/manifest-output.ts";

const HOST = ["--host", "ssh://docker@edge-7:22"];
const SPEC = { host: "ssh://docker@edge-7:22", ssh: { secretRef: { name: "edge-7-ssh" } } };

let key: string;
let knownHosts: string;

beforeAll(() => {
  key = ssh2.utils.generateKeyPairSync("ed25519").private;
  knownHosts = `edge-7 ${ssh2.utils.generateKeyPairSync("ed25519").public}\n`;
});

const folderOf = (others: Readonly<Record<string, string>> = {}) =>
  folderWith({ id_ed25519: key, known_hosts: knownHosts, ...others });

async function refusal(files: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await runCli(["manifest", "from-files", await folderWith(files), ...HOST]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).not.toContain(key.split("\n")[1]);
  return stderr;
}

describe("a folder with an SSH key and known_hosts", () => {
  it("makes the Secret that ssh:// needs", async () => {
    const { spec, entries, stdout, stderr } = await runManifest(["from-files", await folderOf(), ...HOST]);
    expect(spec).toEqual(SPEC);
    expect(entries?.["ssh-privatekey"]?.trim()).toBe(key.trim());
    expect(entries?.known_hosts).toBe(knownHosts);
    expect(stdout).toContain("type: kubernetes.io/ssh-auth\n");
    expect(stderr).toBe("");
  });

  it("is warned of where known_hosts is about other hosts", async () => {
    const args = ["from-files", await folderOf(), "--host", "ssh://docker@edge-8:2222"];
    expect((await runManifest(args)).stderr).toContain("known_hosts has no key of [edge-8]:2222");
  });

  it("is asked for what is missing, or which of several keys", async () => {
    expect(await refusal({ id_ed25519: key })).toMatch(/contains no known_hosts.*ssh-keyscan edge-7 > .*known_hosts/);
    expect(await refusal({ known_hosts: knownHosts })).toContain(
      "contains no private key; give one with --ssh-key FILE",
    );
    const two = { id_ed25519: key, other: key, known_hosts: knownHosts };
    expect(await refusal(two)).toMatch(/several private keys: .*id_ed25519, .*other\. Choose one with --ssh-key FILE/);
    const folder = await folderWith(two);
    const chosen = await runManifest(["from-files", folder, ...HOST, "--ssh-key", join(folder, "other")]);
    expect(chosen.spec).toEqual(SPEC);
  });

  it("is refused with an encrypted key, or a known_hosts that is none", async () => {
    const encrypted = ssh2.utils.generateKeyPairSync("ed25519", {
      cipher: "aes256-ctr",
      passphrase: "x",
      rounds: 16,
    }).private;
    expect(await refusal({ id_ed25519: encrypted, known_hosts: knownHosts })).toMatch(/id_ed25519 is encrypted/);
    expect(await refusal({ id_ed25519: key, known_hosts: "nothing\n" })).toContain("known_hosts cannot be used");
  });

  it("is named by --no-secret in the command that makes it", async () => {
    const folder = await folderOf();
    const { stdout, stderr } = await runManifest(["from-files", folder, ...HOST, "--no-secret"]);
    expect(stderr).toContain(
      `kubectl create secret generic edge-7-ssh --type=kubernetes.io/ssh-auth --from-file=ssh-privatekey=${folder}/id_ed25519 --from-file=known_hosts=${folder}/known_hosts\n`,
    );
    expect(stdout).not.toContain("kind: Secret");
  });
});

it("--ssh-key and --known-hosts give the Secret of an ssh:// host that is brought in from elsewhere", async () => {
  const folder = await folderOf();
  const files = ["--ssh-key", join(folder, "id_ed25519"), "--known-hosts", join(folder, "known_hosts")];
  const { spec, entries } = await runManifest(["from-env", ...files], {
    docker: { DOCKER_HOST: "ssh://docker@edge-7" },
  });
  expect(spec).toEqual(SPEC);
  expect(entries?.known_hosts).toBe(knownHosts);
});
