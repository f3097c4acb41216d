import { makeOddCertificate, type OddCertificate } from "../../support/odd-certificates.ts";
import { FUTURE, PAST, type Pki, tlsListener } from "../pki.ts";
import { type Answer, type Client, type Listener, overEachVersion, type Row } from "../row.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** How a client certificate fares with a server. */
interface Fate {
  readonly what: string;
  readonly pair?: OddCertificate;
  readonly product: Row["product"];
  readonly accepted?: true;
  readonly anyUsage?: true;
  /** Where the product judges what only the server could. */
  readonly judgedFirst?: true;
}

/** Which client certificates servers accept: the real daemons with Go's TLS, and OpenSSL's. */
export async function clientAcceptanceRows(pki: Pki, daemonAuthority: OddCertificate): Promise<readonly Row[]> {
  const fates = await fatesOf(pki);
  return [...(await daemonRows(daemonAuthority, pki)), ...opensslRows(fates, pki), ...notAskedRows(fates, pki)];
}

async function fatesOf(pki: Pki): Promise<readonly Fate[]> {
  const issue = (options: Parameters<Pki["clientPair"]>[0]) => pki.clientPair(options);
  return [
    { what: "a valid certificate", pair: pki.soundClient, product: "Ready", accepted: true },
    { what: "no certificate", product: "ClientCertificateRequired" },
    {
      what: "a certificate of another CA",
      pair: await issue({ issuer: pki.otherRoot }),
      product: "ClientCertificateUntrusted",
    },
    {
      what: "a self-signed certificate",
      pair: await makeOddCertificate({ commonName: "client", usages: [CLIENT_AUTH] }),
      product: "ClientCertificateUntrusted",
    },
    { what: "an expired certificate", pair: await issue(PAST), product: "ClientCertificateExpired", judgedFirst: true },
    {
      what: "a certificate that is not valid yet",
      pair: await issue(FUTURE),
      product: "ClientCertificateNotYetValid",
      judgedFirst: true,
    },
    {
      what: "a certificate for servers only",
      pair: await issue({ usages: [SERVER_AUTH] }),
      product: "ClientCertificateUsageInvalid",
      judgedFirst: true,
    },
    {
      what: "a certificate without extended key usages",
      pair: await issue({ usages: [] }),
      product: "Ready",
      accepted: true,
    },
    {
      what: "a certificate for any usage",
      pair: await issue({ usages: ["2.5.29.37.0"] }),
      product: "Ready",
      accepted: true,
      anyUsage: true,
    },
    { what: "an RSA key of 2048 bits", pair: await issue({ rsaBits: 2048 }), product: "Ready", accepted: true },
    { what: "a P-384 key", pair: await issue({ curve: "P-384" }), product: "Ready", accepted: true },
    { what: "an Ed25519 key", pair: await issue({ curve: "Ed25519" }), product: "Ready", accepted: true },
  ];
}

function clientOf(pair: OddCertificate | undefined, ca: string): Client {
  return { mode: "verify", ca, ...(pair === undefined ? {} : { cert: pair.certPem, key: pair.keyPem }) };
}

async function daemonRows(authority: OddCertificate, pki: Pki): Promise<readonly Row[]> {
  const own: Pki = {
    ...pki,
    root: authority,
    clientPair: (options) => pki.clientPair({ issuer: authority, ...options }),
    soundClient: await pki.clientPair({ issuer: authority }),
  };
  const fates = await fatesOf(own);
  // Over TLS 1.3 the client sends its request before it learns, and may lose the words to that.
  const refused: Answer =
    /tls: (bad certificate|certificate required|unknown certificate authority|expired certificate)|reset by peer|broken pipe/;
  return (["old", "new"] as const).flatMap((engine) =>
    fates.map(
      ({ what, pair, product, accepted }): Row => ({
        what: `${what}, to dockerd ${engine === "old" ? "20.10" : "29"}`,
        listener: { kind: "dockerd", engine },
        client: clientOf(pair, authority.certPem),
        docker: accepted === true ? "connects" : refused,
        // Its alert says no more than that the certificate is bad.
        product: engine === "old" && product === "ClientCertificateUntrusted" ? "ClientCertificateRejected" : product,
      }),
    ),
  );
}

function opensslRows(fates: readonly Fate[], pki: Pki): readonly Row[] {
  const listener = tlsListener(pki.soundServer, { requestCert: true, ca: pki.root.certPem });
  return fates.flatMap((fate) =>
    overEachVersion({
      what: `${fate.what}, to a server that asks for one`,
      listener,
      client: clientOf(fate.pair, pki.root.certPem),
      docker:
        byOpenssl(fate) === "Ready"
          ? "connects"
          : /tls: (handshake failure|certificate required)|EOF|reset by peer|broken pipe/,
      product: byOpenssl(fate),
    }).map((row) => (fate.pair === undefined && row.what.endsWith("1.2") ? { ...row, product: ANY_CAUSE } : row)),
  );
}

/** Alert 40 of TLS 1.2 may mean anything. */
const ANY_CAUSE = "TLSHandshakeFailed";

/** Node's server ends what it does not accept without an alert; what Go's client withholds, it asks for. */
function byOpenssl({ product, anyUsage }: Fate): Row["product"] {
  // OpenSSL demands that the certificate lists this usage.
  return anyUsage === true || product === "ClientCertificateUntrusted" ? "ConnectionReset" : product;
}

/** What nobody asks for is not shown. */
function notAskedRows(fates: readonly Fate[], pki: Pki): readonly Row[] {
  const listener: Listener = tlsListener(pki.soundServer);
  return fates.map(({ what, pair, judgedFirst, product }) => ({
    what: `${what}, to a server that asks for none`,
    listener,
    client: clientOf(pair, pki.root.certPem),
    docker: "connects",
    product: judgedFirst === true ? product : "Ready",
    ...(judgedFirst === true ? { difference: CHECKED_FIRST } : {}),
  }));
}

const CHECKED_FIRST =
  "The product checks credentials before it connects, so that CredentialsValid shows what is wrong even if the server does not check them.";
