import type { Daemons } from "./listeners.ts";
import { createPki, importAuthority } from "./pki.ts";
import type { Client, Row } from "./row.ts";
import { caFileRows } from "./rows/ca-files.ts";
import { clientAcceptanceRows } from "./rows/client-acceptance.ts";
import { clientFileRows } from "./rows/client-files.ts";
import { endpointRows } from "./rows/endpoints.ts";
import { foreignServerRows } from "./rows/foreign-servers.ts";
import { sameNameRows } from "./rows/same-names.ts";
import { serverDateRows } from "./rows/server-dates.ts";
import { serverNameRows } from "./rows/server-names.ts";
import { serverStrengthRows } from "./rows/server-strength.ts";
import { trustRows } from "./rows/trust.ts";
import { unverifiedRows } from "./rows/unverified.ts";
import { webServerRows } from "./rows/web-servers.ts";

/** Every row, by theme. Certificates are made with it, once. */
export async function conformanceTable(daemons: Daemons): Promise<Readonly<Record<string, readonly Row[]>>> {
  const pki = await createPki();
  const { client, authorityKey, socket } = daemons.new;
  const authority = await importAuthority({ certPem: client["ca.pem"], keyPem: authorityKey });
  const daemonClient: Client = {
    mode: "verify",
    ca: client["ca.pem"],
    cert: client["cert.pem"],
    key: client["key.pem"],
  };
  return {
    "who issued the server's certificate": await trustRows(pki),
    "whose names say nothing": await sameNameRows(),
    "when it is valid": await serverDateRows(pki),
    "for whom it is": await serverNameRows(pki),
    "what it is made of, and which TLS it speaks": await serverStrengthRows(pki),
    "the CA's file": caFileRows(pki),
    "the client's files": await clientFileRows(pki),
    "the client's certificate": await clientAcceptanceRows(pki, authority),
    "TLS without verification": await unverifiedRows(pki),
    "the endpoint": endpointRows(pki, socket),
    "what else answers": foreignServerRows(pki, daemonClient),
    "what stands in front of a daemon": webServerRows(pki),
  };
}
