import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { sshKeyPair, sshPublicKey } from "../../test/support/ssh-keys.ts";
import { preflightSsh } from "./ssh-credentials.ts";

const SOURCE = 'Secret "edge-7-ssh"';
const KEY = sshKeyPair().private;
const KNOWN_HOSTS = `edge-7 ${sshPublicKey("ssh-ed25519", "a").line}\n`;
const ENCRYPTED = ssh2.utils.generateKeyPairSync("ed25519", {
  passphrase: "correct horse",
  cipher: "aes256-ctr",
  rounds: 16,
}).private;
const SOUND = { "ssh-privatekey": KEY, known_hosts: KNOWN_HOSTS };

describe("preflightSsh", () => {
  it("takes what kubernetes.io/ssh-auth holds, and known_hosts", () => {
    const credentials = preflightSsh({ ...SOUND, "ssh-publickey": "of no use" }, "Strict", SOURCE);
    expect(credentials).toMatchObject({ ok: true, value: { key: { type: "ssh-ed25519" }, knownHosts: [{}] } });
  });

  it.each(["ssh-privatekey", "known_hosts"])("misses %s", (name) => {
    const { [name]: _, ...rest } = SOUND as Record<string, string>;
    expect(preflightSsh(rest, "Strict", SOURCE)).toMatchObject({
      ok: false,
      failure: {
        reason: "SecretKeyMissing",
        message: `${SOURCE} has no key "${name}". Add it, as docs/ssh.md shows.`,
      },
    });
  });

  it("needs no known_hosts if host keys are not checked, and then ignores it", () => {
    const expected = { ok: true, value: { knownHosts: undefined } };
    expect(preflightSsh({ "ssh-privatekey": KEY }, "Disabled", SOURCE)).toMatchObject(expected);
    expect(preflightSsh({ ...SOUND, known_hosts: "junk" }, "Disabled", SOURCE)).toMatchObject(expected);
  });

  it.each([
    [{ ...SOUND, "ssh-privatekey": "junk" }, "SSHKeyInvalid", `The private key "ssh-privatekey" of ${SOURCE} is not`],
    [{ ...SOUND, "ssh-privatekey": ENCRYPTED }, "SSHKeyEncrypted", "without a passphrase"],
    [{ ...SOUND, "ssh-privatekey": sshKeyPair().public }, "SSHKeyInvalid", "is a public key for SSH"],
    [{ ...SOUND, known_hosts: "junk" }, "KnownHostsInvalid", `"known_hosts" of ${SOURCE} cannot be used: it`],
  ])("checks both", (entries, reason, words) => {
    expect(preflightSsh(entries, "Strict", SOURCE)).toMatchObject({
      ok: false,
      failure: { reason, message: expect.stringContaining(words) },
    });
  });
});
