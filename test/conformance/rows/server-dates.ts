import { makeOddCertificate } from "../../support/odd-certificates.ts";
import { FUTURE, PAST, type Pki, tlsListener, verifying } from "../pki.ts";
import { overEachVersion, type Row } from "../row.ts";

/** When the server's certificate is valid. */
export async function serverDateRows(pki: Pki): Promise<readonly Row[]> {
  const { root } = pki;
  const expiredCa = await makeOddCertificate({ commonName: "old root", ca: true, ...PAST });
  const expiredIntermediate = await makeOddCertificate({ commonName: "old", ca: true, issuer: root, ...PAST });
  const expired = {
    docker: /certificate has expired or is not yet valid/,
    product: "ServerCertificateExpired",
  } as const;
  return [
    ...overEachVersion({
      ...expired,
      what: "an expired server",
      listener: tlsListener(await pki.server(PAST)),
      client: verifying(root),
    }),
    ...overEachVersion({
      ...expired,
      what: "an expired CA",
      listener: tlsListener(await pki.server({ issuer: expiredCa })),
      client: verifying(expiredCa),
    }),
    {
      ...expired,
      what: "an expired intermediate",
      listener: tlsListener(await pki.server({ issuer: expiredIntermediate }), {}, [expiredIntermediate]),
      client: verifying(root),
    },
    ...overEachVersion({
      ...expired,
      what: "a server that is not valid yet",
      listener: tlsListener(await pki.server(FUTURE)),
      client: verifying(root),
      product: "ServerCertificateNotYetValid",
    }),
  ];
}
