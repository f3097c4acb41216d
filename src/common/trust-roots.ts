import { getCACertificates } from "node:tls";

/**
 * Returns the roots that verify a server if no CA is given: those bundled with Node, those of the system, and those of
 * NODE_EXTRA_CA_CERTS. Each call reads some 300 certificates, so keep the result.
 */
export function trustRoots(): readonly string[] {
  return [...new Set([...getCACertificates("bundled"), ...getCACertificates("system"), ...getCACertificates("extra")])];
}
