import { shortRsaBits } from "../common/x509/key-kinds.ts";
import type { PeerChain } from "./peer-chain.ts";

/** Warnings about certificates that are used in spite of them. Like every warning, each says what the user can do. */

/** @param what for example `CA "ca.crt" of Secret "edge-7-tls"` */
export function ignoredData(what: string): string {
  return `The ${what} holds data that is not a readable certificate. It is ignored, as by Docker's client. Consider removing it.`;
}

export function ignoredLeaf(label: string): string {
  return `The CA ${label} holds a certificate that is neither a CA's nor a server's. It is ignored. Consider removing it.`;
}

export function expiredAuthority(label: string, date: string): string {
  return `The CA ${label} holds a CA certificate that expired on ${date}. Consider removing it.`;
}

export function shortKey(what: string, bits: number): string {
  return `The ${what} has an RSA key of ${bits} bits, which is too short today. Consider issuing it with at least 2048.`;
}

const SERVER = "server's certificate";
const ABOVE_SERVER = "CA of the server's certificate";

/** Reports what is weak in the chain that a server showed. */
export function serverWarnings({ leaf, above }: PeerChain): readonly string[] {
  const bits = shortRsaBits(leaf);
  const bitsAbove = above.map(shortRsaBits).filter((each) => each !== undefined);
  return [
    ...(bits === undefined ? [] : [shortKey(SERVER, bits)]),
    ...(bitsAbove.length === 0 ? [] : [shortKey(ABOVE_SERVER, Math.min(...bitsAbove))]),
  ];
}

/** Whether a warning is about the server's chain. Such a warning stays while the server cannot be reached. */
export function isServerWarning(warning: string): boolean {
  return [SERVER, ABOVE_SERVER].some((what) => warning.startsWith(`The ${what} `));
}
