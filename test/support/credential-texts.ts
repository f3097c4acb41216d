import type { CredentialFiles } from "../../src/docker/credential-layout.ts";
import type { KeyPair } from "./pki.ts";

/** The three files of a connection as PEM. */
export interface Texts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** As they are found in the Secret `edge-7-tls`. */
export function credentialFiles(texts: Texts): CredentialFiles {
  return Object.fromEntries(
    Object.entries(texts).map(([role, pem]) => [role, { label: `"${role}.pem" of Secret "edge-7-tls"`, pem }]),
  );
}

export function pair({ certPem, keyPem }: KeyPair): Texts {
  return { cert: certPem, key: keyPem };
}

/** A PEM text whose content is not base64. */
export function broken(pem: string): string {
  return pem.replace(/\n[A-Za-z0-9+/=]{20}/, "\n!!!!");
}
