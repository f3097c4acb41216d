import { describe, expect, it } from "vitest";
import { keyType, opensshFingerprint, readString, writeString } from "./wire.ts";

/** A public key, and the output of ssh-keygen -l for it. */
const KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIPMSY7aUy5dLu5D+vz6YfKix94vP6Bi4tyTfttzsndqQ";
const FINGERPRINT = "SHA256:f9NTK2Pg2PFda+7+wn+u6aCpDO08rvWq4UhF1ffqLiU";

describe("SSH's binary format", () => {
  it("gives the fingerprint that ssh-keygen shows", () => {
    expect(opensshFingerprint(Buffer.from(KEY, "base64"))).toBe(FINGERPRINT);
  });

  it("returns the type of a key", () => {
    expect(keyType(Buffer.from(KEY, "base64"))).toBe("ssh-ed25519");
    expect(keyType(writeString("no key\n"))).toBeUndefined();
    expect(keyType(Buffer.alloc(0))).toBeUndefined();
  });

  it("does not read beyond the end", () => {
    const two = Buffer.concat([writeString("one"), writeString("two")]);
    const first = readString(two, 0);
    expect(first?.value.toString()).toBe("one");
    expect(readString(two, first?.next ?? 0)?.value.toString()).toBe("two");
    expect(readString(two.subarray(0, 6), 0)).toBeUndefined();
    expect(readString(two, two.length)).toBeUndefined();
    expect(readString(Buffer.from([255, 255, 255, 255, 0]), 0)).toBeUndefined();
  });
});
