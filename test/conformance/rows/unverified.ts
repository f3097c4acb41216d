import { makeOddCertificate } from "../../support/odd-certificates.ts";
import { PAST, type Pki, tlsListener } from "../pki.ts";
import { type Client, overEachVersion, type Row } from "../row.ts";

/** TLS without a look at who the server is: --tls, and https:// with spec.tls.verify false. */
export async function unverifiedRows(pki: Pki): Promise<readonly Row[]> {
  const { root, otherRoot, soundServer, soundClient } = pki;
  const selfSigned = await makeOddCertificate({ commonName: "self", dnsNames: ["other.test"] });
  const asking = { requestCert: true, ca: root.certPem };
  const client = (files: Omit<Client, "mode"> = {}): Client => ({ mode: "encrypt", ...files });
  const pair = { cert: soundClient.certPem, key: soundClient.keyPem };
  const ca = { ca: root.certPem };
  const connects = { listener: tlsListener(soundServer), docker: "connects", product: "Ready" } as const;
  return [
    ...overEachVersion({ ...connects, what: "unverified, without a CA", client: client(pair) }),
    { ...connects, what: "unverified, without any file", client: client() },
    { ...connects, what: "unverified, with another CA", client: client({ ca: otherRoot.certPem }) },
    { ...connects, what: "unverified, a self-signed server", listener: tlsListener(selfSigned), client: client(pair) },
    {
      ...connects,
      what: "unverified, an expired server",
      listener: tlsListener(await pki.server(PAST)),
      client: client(pair),
    },
    {
      ...connects,
      what: "unverified, a server of another name",
      listener: tlsListener(await pki.server({ ipAddresses: ["192.0.2.7"] })),
      client: client({ ca: root.certPem }),
    },
    ...overEachVersion({
      ...connects,
      what: "unverified, and the client shows its certificate",
      listener: tlsListener(soundServer, asking),
      client: client(pair),
    }),
    {
      what: "unverified, and the client has no certificate to show",
      listener: tlsListener(soundServer, asking),
      client: client(ca),
      docker: /tls: certificate required|reset by peer|broken pipe/,
      product: "ClientCertificateRequired",
    },
    {
      what: "unverified, with a CA's file of words",
      listener: tlsListener(soundServer),
      client: client({ ca: "this is no certificate\n" }),
      docker: /seems invalid/,
      product: "CACertificateInvalid",
    },
    {
      what: "unverified, dockerd 29 and no certificate",
      listener: { kind: "dockerd", engine: "new" },
      client: client(ca),
      docker: /tls: certificate required|reset by peer|broken pipe/,
      product: "ClientCertificateRequired",
    },
    {
      what: "unverified, a plain daemon",
      listener: { kind: "tcp" },
      client: client(ca),
      docker: /server gave HTTP response to HTTPS client/,
      product: "ServerNotTLS",
    },
  ];
}
