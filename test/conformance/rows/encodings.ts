import { createPrivateKey } from "node:crypto";

export function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}

/** The forms of before PKCS#8. */
export function traditional(keyPem: string, type: "pkcs1" | "sec1"): string {
  return createPrivateKey(keyPem).export({ format: "pem", type }).toString();
}
