import { makeNamelessFleet } from "../../support/nameless-certificates.ts";
import { opensslChain } from "../openssl-chain.ts";
import { tlsListener, verifying } from "../pki.ts";
import type { Row } from "../row.ts";

const UNKNOWN = /certificate signed by unknown authority/;

/** CA and server with the same name or without one, as OpenSSL 1.1 and cert-manager make them. */
export async function sameNameRows(): Promise<readonly Row[]> {
  const [own, foreign] = [await opensslChain("/CN=edge-7"), await opensslChain("/CN=edge-7")];
  const [all, server, ca] = await Promise.all(
    ([["ca", "server", "client"], ["server"], ["ca"]] as const).map((nameless) => makeNamelessFleet(nameless)),
  );
  if (all === undefined || server === undefined || ca === undefined) throw new Error("no certificates were made");
  const connects = { docker: "connects", product: "Ready" } as const;
  const refused = { docker: UNKNOWN, product: "ServerCertificateUntrusted" } as const;
  return [
    {
      ...connects,
      what: "a CA and a server of one name, without key identifiers",
      listener: tlsListener(own.server),
      client: verifying(own.ca),
    },
    {
      ...connects,
      what: "a CA and a server of one name, which sends both",
      listener: tlsListener(own.server, {}, [own.ca]),
      client: verifying(own.ca),
    },
    {
      ...refused,
      what: "a server of the right name, of another CA of that name",
      listener: tlsListener(foreign.server),
      client: verifying(own.ca),
    },
    {
      ...refused,
      what: "a server of the right name that sends another CA of that name",
      listener: tlsListener(foreign.server, {}, [foreign.ca]),
      client: verifying(own.ca),
    },
    {
      what: "a self-signed server of the CA's name",
      listener: tlsListener(foreign.ca),
      client: verifying(own.ca),
      docker: /doesn't contain any IP SANs|unknown authority/,
      product: "ServerCertificateSelfSigned",
    },
    {
      ...connects,
      what: "a server with an empty subject",
      listener: tlsListener(server.server),
      client: verifying(server.ca),
    },
    { ...connects, what: "a CA with an empty subject", listener: tlsListener(ca.server), client: verifying(ca.ca) },
    {
      ...connects,
      what: "a CA and a server with empty subjects",
      listener: tlsListener(all.server),
      client: verifying(all.ca),
    },
    {
      what: "a client with an empty subject",
      listener: tlsListener(server.server, { requestCert: true, rejectUnauthorized: false }),
      client: { ...verifying(server.ca), cert: all.client.certPem, key: all.client.keyPem },
      ...connects,
    },
  ];
}
