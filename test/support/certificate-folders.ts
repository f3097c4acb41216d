import { expect } from "vitest";
import { runCli } from "./cli.ts";
import { folderWith } from "./folder-with.ts";
import { runManifest } from "./manifest-output.ts";
import { createAuthority } from "./pki.ts";

export const HOST = ["--host", "tcp://edge-7.example.com:2376"];

export const ca = await createAuthority({ commonName: "fleet CA" });
export const client = await ca.issue({ commonName: "client", usages: ["clientAuth"] });
export const server = await ca.issue({ commonName: "edge-7", dnsNames: ["edge-7"], usages: ["serverAuth"] });

/** The client's files by the names that Docker gives them, and by those of Kubernetes. */
export const DOCKER = { "ca.pem": ca.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem };
export const KUBERNETES = { "ca.crt": ca.certPem, "tls.crt": client.certPem, "tls.key": client.keyPem };

/** What `dockerhost manifest from-files` makes of a folder with these files. */
export async function fromFiles(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  return await runManifest(["from-files", await folderWith(files), ...HOST, ...args]);
}

/** Why it makes nothing of it. */
export async function refusal(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runCli(["manifest", "from-files", await folderWith(files), ...args]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).not.toMatch(/BEGIN|MIG|MII/);
  return stderr;
}
