import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KeyPair } from "../support/pki.ts";

const run = promisify(execFile);

/** As OpenSSL 1.1 made a CA by Docker's own instructions: without key identifiers. */
const CONFIG = `[req]
distinguished_name = name
x509_extensions = ca
[name]
[ca]
basicConstraints = critical,CA:true
[server]
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth
`;

/** A CA and a server for 127.0.0.1, made by the command `openssl` with one and the same subject. */
export async function opensslChain(subject: string): Promise<{ readonly ca: KeyPair; readonly server: KeyPair }> {
  const folder = await mkdtemp(join(tmpdir(), "openssl-chain-"));
  const openssl = (...args: readonly string[]) => run("openssl", args, { cwd: folder });
  const read = (name: string) => readFile(join(folder, name), "utf8");
  try {
    await writeFile(join(folder, "config"), CONFIG);
    const key = ["-newkey", "rsa:2048", "-nodes", "-config", "config", "-sha256", "-subj", subject];
    await openssl("req", "-x509", ...key, "-days", "2", "-keyout", "ca-key.pem", "-out", "ca.pem");
    await openssl("req", "-new", ...key, "-keyout", "server-key.pem", "-out", "server.csr");
    const ca = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-set_serial", "7"];
    const extensions = ["-extfile", "config", "-extensions", "server"];
    await openssl("x509", "-req", "-in", "server.csr", ...ca, "-days", "2", ...extensions, "-out", "server-cert.pem");
    return {
      ca: { certPem: await read("ca.pem"), keyPem: await read("ca-key.pem") },
      server: { certPem: await read("server-cert.pem"), keyPem: await read("server-key.pem") },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
