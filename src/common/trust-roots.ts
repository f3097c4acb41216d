import { getCACertificates } from "node:tls";

/**
 * The roots that verify a server for which no CA is given: the ones bundled with Node, the system's, and those of
 * NODE_EXTRA_CA_CERTS. Read once per call: keep the answer, it is some 300 certificates.
 */
export function trustRoots(): readonly string[] {
  return [...new Set([...getCACertificates("bundled"), ...getCACertificates("system"), ...getCACertificates("extra")])];
}
