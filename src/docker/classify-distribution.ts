import { advised, type Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { shorten } from "../common/shorten.ts";
import type { EngineReply } from "./exchange.ts";

type Row = readonly [pattern: RegExp, reason: Reason, problem: string];

/** The daemon's texts for files in its certs.d that do not fit together. */
const MISUSED_FILES = /missing (?:key|client certificate) |private key does not match|parse private key|load CA cert/i;
const DENIED = /unauthorized|denied|authentication required|\b403 Forbidden|\bHTTP 40[13]\b/i;

/**
 * The daemon's texts for a registry's answer, or for the lack of one. They are matched before the status, which is 500
 * in most of these cases and differs between versions of the daemon. The first matching row counts.
 */
const ROWS: readonly Row[] = [
  [/toomanyrequests|\b429\b/i, "RegistryRateLimited", "its rate limit is used up (429)"],
  [/no basic auth credentials/i, "RegistryCredentialsRequired", "it demands credentials"],
  [/unknown authority/i, "RegistryCertificateUntrusted", "its certificate is signed by an unknown authority"],
  [/not yet valid: current time \S+ is before/i, "RegistryCertificateNotYetValid", "its certificate is not valid yet"],
  [/certificate has expired/i, "RegistryCertificateExpired", "its certificate, or a CA above it, has expired"],
  [
    /certificate is (?:not )?valid for|cannot validate certificate for/i,
    "RegistryNameMismatch",
    "its certificate does not list this name",
  ],
  [
    /remote error: tls: certificate required/i,
    "RegistryClientCertificateRequired",
    "it demands a client certificate, and the daemon has none in its certs.d",
  ],
  [
    /remote error: tls: (?:bad|unknown|expired|revoked|unsupported) certificate/i,
    "RegistryClientCertificateRejected",
    "it rejected the client certificate of the daemon's certs.d",
  ],
  [
    /HTTP request to an HTTPS server/i,
    "RegistryBadResponse",
    "the daemon hides its answer, because it asks an insecure registry once more over plain http",
  ],
  [/HTTP response to HTTPS client/i, "RegistryNotTLS", "it does not speak TLS on this port"],
  [/no such host|server misbehaving|name resolution/i, "RegistryNameResolutionFailed", "its name cannot be resolved"],
  [
    /i\/o timeout|handshake timeout|deadline exceeded|Client\.Timeout|request canceled/i,
    "RegistryTimedOut",
    "it does not answer",
  ],
  [
    /connection refused|no route to host|network is unreachable|connection reset|broken pipe|\bEOF\b/i,
    "RegistryUnreachable",
    "no connection could be made, or it was cut",
  ],
  [
    /received unexpected HTTP status: 5|unexpected status [^"]*: 5\d\d\b/i,
    "RegistryServerError",
    "it answered with a server error",
  ],
  [
    /incorrect username or password|invalid (?:username|credentials)/i,
    "RegistryAuthenticationFailed",
    "it rejected the credentials",
  ],
];

/**
 * Explains why the daemon refused GET /distribution.
 * @param host the registry, as image names contain it
 * @param image for the message
 * @param anonymous whether the request had no credentials
 */
export function classifyDistribution(
  { status, body }: Pick<EngineReply, "status" | "body">,
  { host, image, anonymous }: { readonly host: string; readonly image: string; readonly anonymous: boolean },
): Failure {
  const text = messageOf(body);
  const [reason, problem] = diagnose(status, text, image, anonymous);
  const next = MISUSED_FILES.test(text) ? `Correct the files in ${certsFolder(host)} on the Docker host.` : undefined;
  return advised(
    reason,
    `Registry ${host}, asked by the daemon: ${problem}`,
    undefined,
    next ?? onHost(host)[reason] ?? byDigest(image)[reason],
  );
}

function certsFolder(registry: string): string {
  return `/etc/docker/certs.d/${registry}/`;
}

/** The advice that differs because the daemon asks with its own network, clock and certificates. */
function onHost(registry: string): Partial<Record<Reason, string>> {
  const folder = certsFolder(registry);
  return {
    RegistryUnreachable: "Make sure that the Docker host can reach the registry.",
    RegistryTimedOut: "Check the registry's load, and the firewalls between it and the Docker host.",
    RegistryNameResolutionFailed:
      "Correct the image's name, or make sure that DNS resolves the registry's name on the Docker host.",
    RegistryCertificateUntrusted: `Put the registry's CA into ${folder}ca.crt on the Docker host.`,
    RegistryCertificateNotYetValid:
      "Compare the clocks of the registry and of the Docker host with the certificate's dates.",
    RegistryClientCertificateRequired: `Put a client certificate (client.cert and client.key) into ${folder} on the Docker host.`,
    RegistryClientCertificateRejected: `Replace the client certificate in ${folder} on the Docker host.`,
    RegistryNotTLS:
      "Serve the registry over TLS, or add it to insecure-registries in /etc/docker/daemon.json on the Docker host.",
  };
}

/** The advice that differs because an exact digest was wanted. */
function byDigest(image: string): Partial<Record<Reason, string>> {
  if (!image.includes("@")) return {};
  return { ImageNotFound: "Choose a digest that the registry has, or push the image." };
}

/**
 * Handles what the daemon says itself. If a proxy or an authorization plugin denied the request, no registry was asked.
 */
export function isRegistrysAnswer({ headers, body }: EngineReply): boolean {
  return headers["api-version"] !== undefined && !/^authorization denied by plugin /.test(messageOf(body));
}

function diagnose(status: number, text: string, image: string, anonymous: boolean): readonly [Reason, string] {
  if (MISUSED_FILES.test(text)) {
    return ["RegistryTLSFailed", `the daemon cannot use the files in its certs.d: ${shorten(text)}`];
  }
  const row = ROWS.find(([pattern]) => pattern.test(text));
  if (row !== undefined) return [row[1], row[2]];
  if (DENIED.test(text) || status === 401 || status === 403) {
    return anonymous
      ? ["RegistryCredentialsRequired", `it lets nobody see ${image} without credentials`]
      : ["RegistryAccessDenied", `access to ${image} is denied`];
  }
  if (status === 429) return ["RegistryRateLimited", "its rate limit is used up (429)"];
  if (status === 404 || /manifest unknown|name unknown|not found/i.test(text)) {
    return ["ImageNotFound", `${image} is not there`];
  }
  if (/tls:|x509:/i.test(text)) return ["RegistryTLSFailed", `the TLS handshake failed: ${shorten(text)}`];
  return ["RegistryBadResponse", `the daemon says: ${shorten(text)}`];
}

function messageOf(body: Buffer): string {
  const text = body.subarray(0, 65_536).toString("utf8");
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // Older daemons and proxies answer in plain text.
  }
  return text;
}
