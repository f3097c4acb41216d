import ssh2 from "ssh2";

/** A text in the form of a public key: its type, and a body that distinguishes it from others. */
export function sshPublicKey(type: string, body: string): { blob: Buffer; line: string } {
  const field = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
  const blob = Buffer.concat([field(type), field(body)]);
  return { blob, line: `${type} ${blob.toString("base64")}` };
}

/** A real key pair: the private key in OpenSSH's form, the public one as a line without a comment. */
export function sshKeyPair(type: "ed25519" | "ecdsa" | "rsa" = "ed25519"): { private: string; public: string } {
  for (;;) {
    const pair =
      type === "ed25519"
        ? ssh2.utils.generateKeyPairSync(type)
        : ssh2.utils.generateKeyPairSync(type, { bits: type === "rsa" ? 2048 : 256 });
    // One in two hundred Ed25519 keys that ssh2 makes is malformed, for OpenSSH too.
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
