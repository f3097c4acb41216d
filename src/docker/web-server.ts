import type { Diagnosis } from "./diagnosis.ts";
import type { EngineReply } from "./exchange.ts";

/** What is known about a request that something other than a daemon answered, such as a web server in front of it. */
export interface WebRequest {
  readonly reply: EngineReply;
  /** The endpoint as a URL. Redirects are explained only for http and https. */
  readonly endpoint: string;
  readonly clientCertificate: boolean;
}

/** Only this many bytes of a page are searched. */
const MAX_PAGE_BYTES = 4096;
const MAX_ADDRESS = 120;

const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 426, 495, 496, 497]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Used by nginx, Go (Caddy, Traefik), Apache and Tomcat. */
const WANTS_TLS =
  /HTTP request (?:was sent )?to (?:an )?HTTPS (?:port|server)|speaking plain HTTP to an SSL-enabled server|requires? (?:TLS|HTTPS)\b/i;
/** Used by nginx, Apache and IIS. */
const WANTS_CERTIFICATE =
  /no required (?:SSL|TLS) certificate was sent|cannot perform post-handshake authentication|requires? (?:a |an )?(?:valid )?(?:SSL |TLS )?client certificate|client certificate (?:is )?required/i;
/** Used by nginx and IIS. */
const REFUSES_CERTIFICATE =
  /the (?:SSL|TLS) certificate error|client certificate (?:is |was |has been |has )?(?:untrusted|not trusted|invalid|revoked|expired|rejected)/i;

/**
 * Explains the pages of web servers about TLS and certificates, and their redirects; undefined for other answers. Their
 * text is recognized but never quoted: otherwise, a user who may write a spec could read other services through the
 * product.
 */
export function diagnoseWebServer(request: WebRequest): Diagnosis | undefined {
  const { reply } = request;
  if (REDIRECTS.has(reply.status)) return diagnoseRedirect(request);
  return REFUSALS.has(reply.status) ? diagnosePage(request) : undefined;
}

function diagnosePage({ reply, clientCertificate }: WebRequest): Diagnosis | undefined {
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

function diagnoseRedirect({ reply, endpoint }: WebRequest): Diagnosis | undefined {
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
      next: {
        object: `Use https://${to.host} in spec.host, with spec.tls.verify true.`,
        flags: `Use --host https://${to.host} with --tlsverify.`,
      },
    };
  }
  return {
    reason: "NotADockerEndpoint",
    why,
    next: {
      object: "Redirects are not followed: put the address of the daemon itself into spec.host.",
      flags: "Redirects are not followed: use the address of the daemon itself in --host.",
    },
  };
}

/**
 * Keeps the URL short, and removes user, query and fragment, which may contain secrets. A parsed URL contains only
 * printable ASCII.
 */
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

/** Names the login that a proxy wants when it answers 401 or 407. */
export function diagnoseLoginWanted({ status, headers }: EngineReply): Diagnosis {
  const challenge = (status === 407 ? headers["proxy-authenticate"] : headers["www-authenticate"]) ?? "";
  const text = String(challenge).slice(0, 2_000);
  const found = [...text.matchAll(/(?:^|,)\s*([a-z]+)(?=\s|,|$)/gi)].map(([, scheme = ""]) => scheme.toLowerCase());
  const wanted = [...new Set(found)].flatMap((scheme) => (Object.hasOwn(SCHEMES, scheme) ? [SCHEMES[scheme]] : []));
  const what = wanted.length === 0 ? "a login, but does not say which" : wanted.join(" or ");
  return {
    reason: "PermissionDenied",
    why: `a proxy in front of the daemon wants ${what}`,
    next: {
      object:
        "A DockerHost has no user, password or token to send: let the proxy accept a client certificate instead (spec.tls.certSecretRef), or reach the daemon without it.",
      flags:
        "No user, password or token can be sent: let the proxy accept a client certificate instead (--tlscert and --tlskey), or reach the daemon without it.",
    },
  };
}
