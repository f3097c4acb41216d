import { describe, expect, it } from "vitest";
import { sshPublicKey } from "../../test/support/ssh-keys.ts";
import { checkHostKey, hostKeyAlgorithms } from "./host-key.ts";
import type { HostKeys } from "./known-hosts.ts";

const ED25519 = sshPublicKey("ssh-ed25519", "a").blob;
const OTHER_ED25519 = sshPublicKey("ssh-ed25519", "b").blob;
const RSA = sshPublicKey("ssh-rsa", "c").blob;

const keys = (parts: Partial<HostKeys> = {}): HostKeys => ({
  name: "[edge-7]:2222",
  trusted: [],
  revoked: [],
  authority: false,
  ...parts,
});
const checked = (offered: Buffer, parts: Partial<HostKeys>) =>
  checkHostKey(offered, keys(parts), { host: "edge-7", port: 2222 });

describe("checkHostKey", () => {
  it("trusts a key that is known, among others", () => {
    expect(checked(ED25519, { trusted: [RSA, OTHER_ED25519, ED25519] })).toBeUndefined();
  });

  it.each([
    ["another key of its type", { trusted: [OTHER_ED25519] }, "hostKeyMismatch", "has another ssh-ed25519 key for"],
    ["it as revoked", { trusted: [ED25519], revoked: [ED25519] }, "hostKeyMismatch", "known_hosts has as revoked"],
    ["keys of other types", { trusted: [RSA] }, "hostKeyUnknown", "has only ssh-rsa for [edge-7]:2222"],
    ["an authority alone", { authority: true }, "hostKeyUnknown", "host certificates are not supported"],
    ["nothing", {}, "hostKeyUnknown", "has no key for [edge-7]:2222"],
  ])("does not trust a key if known_hosts has %s", (_what, parts, kind, words) => {
    const problem = checked(ED25519, parts);
    expect(problem).toEqual({ kind, why: expect.stringContaining(words) });
    expect(problem?.why).toMatch(/^the host showed the ssh-ed25519 key SHA256:[A-Za-z0-9+/]{43}, /);
    expect(problem?.why).toContain("ssh-keyscan -p 2222 edge-7");
  });

  it("does not repeat what is not a type of key", () => {
    const offered = sshPublicKey("\u001b[31m", "a").blob;
    expect(checked(offered, {})?.why).toContain("the host showed the unknown key SHA256:");
  });
});

describe("hostKeyAlgorithms", () => {
  it("requests known types first, and the others in the usual order", () => {
    expect(hostKeyAlgorithms(undefined)[0]).toBe("ssh-ed25519");
    expect(hostKeyAlgorithms(keys({ trusted: [RSA] })).slice(0, 3)).toEqual([
      "rsa-sha2-512",
      "rsa-sha2-256",
      "ssh-ed25519",
    ]);
    expect(hostKeyAlgorithms(keys({ trusted: [RSA, ED25519] })).slice(0, 2)).toEqual(["ssh-ed25519", "rsa-sha2-512"]);
  });

  it("never requests SHA-1", () => {
    expect(hostKeyAlgorithms(keys({ trusted: [RSA] }))).not.toContain("ssh-rsa");
  });
});
