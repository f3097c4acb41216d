import type { EngineReply } from "./exchange.ts";
import type { Verdict } from "./verdict.ts";

/** What is known of a request that a web server in front of a daemon answered, or something else in its place. */
export interface WebRequest {
  readonly reply: EngineReply;
  /** The endpoint as a URL; other kinds than http and https have no redirects to judge. */
  readonly endpoint: string;
  readonly clientCertificate: boolean;
}

/** So much of a page is looked at. Bytes. */
const MAX_PAGE_BYTES = 4096;
const MAX_ADDRESS = 120;

const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 426, 495, 496, 497]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** nginx, Go (Caddy, Traefik), Apache, Tomcat. */
const WANTS_TLS =
  /HTTP request (?:was sent )?to (?:an )?HTTPS (?:port|server)|speaking plain HTTP to an SSL-enabled server|requires? (?:TLS|HTTPS)\b/i;
/** nginx, Apache, IIS. */
const WANTS_CERTIFICATE =
  /no required (?:SSL|TLS) certificate was sent|cannot perform post-handshake authentication|requires? (?:a |an )?(?:valid )?(?:SSL |TLS )?client certificate|client certificate (?:is )?required/i;
/** nginx, IIS. */
const REFUSES_CERTIFICATE =
  /the (?:SSL|TLS) certificate error|client certificate (?:is |was |has been |has )?(?:untrusted|not trusted|invalid|revoked|expired|rejected)/i;

/**
 * What web servers say of TLS and certificates in their own pages, and where they redirect to; undefined where it is
 * neither. Their words are recognized, never quoted: whoever may write a spec must not read other services through us.
 */
export function judgeWebServer(request: WebRequest): Verdict | undefined {
  const { reply } = request;
  if (REDIRECTS.has(reply.status)) return judgeRedirect(request);
  return REFUSALS.has(reply.status) ? judgePage(request) : undefined;
}

function judgePage({ reply, clientCertificate }: WebRequest): Verdict | undefined {
  const page = reply.body.toString("latin1", 0, MAX_PAGE_BYTES).replaceAll(/\s+/g, " ");
  if (reply.status === 497 || WANTS_TLS.test(page)) {
    return { reason: "ServerRequiresTLS", why: "the web server in front of the daemon speaks TLS on this port" };
  }
  if (reply.status === 426)
    return { reason: "ServerRequiresTLS", why: "the web server in front of the daemon wants TLS" };
  const wanted = reply.status === 496 || WANTS_CERTIFICATE.test(page);
  if (wanted && !clientCertificate) {
    return {
      reason: "ClientCertificateRequired",
      why: "the web server in front of the daemon asks for a client certificate",
    };
  }
  if (wanted || reply.status === 495 || REFUSES_CERTIFICATE.test(page)) {
    return {
      reason: "ClientCertificateRejected",
      why: "the web server in front of the daemon rejected the client certificate",
      next: "Issue the client certificate from the CA that this web server trusts (nginx: ssl_client_certificate), with client authentication.",
    };
  }
  return undefined;
}

function judgeRedirect({ reply, endpoint }: WebRequest): Verdict | undefined {
  if (!reply.headers.location) return undefined;
  const from = URL.parse(endpoint.replace(/^tcp:/i, "http:"));
  const to = from === null ? null : URL.parse(reply.headers.location, from.href);
  if (from === null || to === null || !/^https?:$/.test(to.protocol)) return undefined;
  const address = printableAddress(to);
  const why = `what answers there is not a Docker daemon: it redirects to ${address}`;
  if (from.protocol === "http:" && to.protocol === "https:" && to.hostname === from.hostname) {
    return {
      reason: "ServerRequiresTLS",
      why: `the web server in front of the daemon wants TLS: it redirects to ${address}`,
      next: `Use https://${to.host} in spec.host, with spec.tls.verify true.`,
    };
  }
  return {
    reason: "NotADockerEndpoint",
    why,
    next: "Redirects are not followed: put the address of the daemon itself into spec.host.",
  };
}

/** Without user, query and fragment, which may hold secrets, and short. A URL that was parsed holds printable ASCII only. */
function printableAddress({ protocol, host, pathname }: URL): string {
  const path = pathname === "/" ? "" : pathname;
  const address = `${protocol}//${host}${path}`;
  return address.length <= MAX_ADDRESS ? address : `${address.slice(0, MAX_ADDRESS)}...`;
}

const SCHEMES: Readonly<Record<string, string>> = {
  basic: "a user and password (Basic)",
  digest: "a user and password (Digest)",
  bearer: "a token (Bearer)",
  negotiate: "a Kerberos ticket (Negotiate)",
  ntlm: "a Windows login (NTLM)",
};

/** What a proxy that answers 401 or 407 wants to see. */
export function judgeLoginWanted({ status, headers }: EngineReply): Verdict {
  const challenge = (status === 407 ? headers["proxy-authenticate"] : headers["www-authenticate"]) ?? "";
  const text = String(challenge).slice(0, 2_000);
  const found = [...text.matchAll(/(?:^|,)\s*([a-z]+)(?=\s|,|$)/gi)].map(([, scheme = ""]) => scheme.toLowerCase());
  const wanted = [...new Set(found)].flatMap((scheme) => (Object.hasOwn(SCHEMES, scheme) ? [SCHEMES[scheme]] : []));
  const what = wanted.length === 0 ? "a login, but does not say which" : wanted.join(" or ");
  return {
    reason: "PermissionDenied",
    why: `a proxy in front of the daemon wants ${what}`,
    next: "A DockerHost has no user, password or token to send: let the proxy accept a client certificate instead (spec.tls.certSecretRef), or reach the daemon without it.",
  };
}
