import type { Advice } from "../api/surface.ts";
import { shorten } from "../common/shorten.ts";
import type { AttemptContext } from "./attempt-context.ts";
import { type Diagnosis, notDocker } from "./diagnosis.ts";
import { type EngineReply, parseJson } from "./exchange.ts";
import type { EngineError } from "./fleet-modem.ts";
import { diagnoseLoginWanted, diagnoseWebServer } from "./web-server.ts";

const IMAGE_OR_CONTAINER_ID = /(?:sha256:)?[0-9a-f]{64}/g;

/** dockerd itself sends this text as well. */
const GO_WANTS_TLS = "Client sent an HTTP request to an HTTPS server.";

const VERSIONED = /^\/v[0-9.]+\//;

/** Docker sends these texts before it adds Api-Version to its answer. */
const DENIED_BY_PLUGIN = /^authorization denied by plugin /;

/**
 * Explains an HTTP answer that the API does not define. Docker's own answers carry Api-Version, except those of an
 * authorization plugin; a proxy's answers do not carry it.
 */
export function diagnoseReply(
  error: EngineError,
  context: Pick<AttemptContext, "endpoint" | "clientCertificate">,
): Diagnosis {
  const { reply, path } = error;
  const { status } = reply;
  const text = replyText(reply);
  if (status === 400 && text === GO_WANTS_TLS) {
    return { reason: "ServerRequiresTLS", why: "the daemon speaks TLS on this port" };
  }
  if (status === 400 && /client version .* is too (old|new)/i.test(text)) {
    return { reason: "APIVersionUnsupported", why: `the daemon says: ${text}` };
  }
  const fromDaemon = reply.headers["api-version"] !== undefined;
  const prefix = pathPrefix(context.endpoint);
  if (status === 404 && prefix !== "" && !VERSIONED.test(path)) return nothingBelow(prefix);
  const ofWebServer = fromDaemon ? undefined : diagnoseWebServer({ reply, ...context });
  if (ofWebServer !== undefined) return ofWebServer;
  // Only Docker is quoted. Otherwise, a user who may write a spec could read other services of the cluster through the
  // product.
  const says = fromDaemon && text !== "" ? `: ${text}` : "";
  if (!fromDaemon && !DENIED_BY_PLUGIN.test(text) && (status === 401 || status === 407)) {
    return diagnoseLoginWanted(reply);
  }
  if (status === 401 || status === 403) {
    const diagnosis = denied(error, text, fromDaemon);
    return diagnosis.reason === "PermissionDenied" && mayWantCertificate(path, context)
      ? { ...diagnosis, next: CERTIFICATE_OR_PROXY }
      : diagnosis;
  }
  if (status >= 500 && !fromDaemon) {
    return { reason: "ConnectionFailed", why: `a proxy in front of the daemon answered ${status}${says}` };
  }
  if (!fromDaemon || status < 400) return notDocker();
  return { reason: "DaemonError", why: `the daemon answered ${status} to ${error.method} ${withoutId(path)}${says}` };
}

/** The path after the port of the host. */
function pathPrefix(endpoint: string): string {
  return /^(?:https?|tcp):\/\/[^/]+(\/.*)$/.exec(endpoint)?.[1] ?? "";
}

function nothingBelow(prefix: string): Diagnosis {
  return {
    reason: "NotADockerEndpoint",
    why: `no Docker API answers below the path ${shorten(prefix)}`,
    next: {
      object:
        "Remove the path from spec.host, or correct it: only a proxy in front of a daemon serves it below a path.",
      flags: "Remove the path from --host, or correct it: only a proxy in front of a daemon serves it below a path.",
    },
  };
}

const CERTIFICATE_OR_PROXY: Advice = {
  object:
    "If the proxy wants a client certificate, put one into the Secret that spec.tls.certSecretRef names; if not, allow the request in the proxy (docs/socket-proxies.md).",
  flags:
    "If the proxy wants a client certificate, pass one with --tlscert and --tlskey; if not, allow the request in the proxy (docs/socket-proxies.md).",
};

/** A web server for which client certificates are optional denies the first request with a page of its own. */
function mayWantCertificate(
  path: string,
  { endpoint, clientCertificate }: Pick<AttemptContext, "endpoint" | "clientCertificate">,
): boolean {
  return endpoint.startsWith("https:") && !clientCertificate && ["/_ping", "/version"].includes(path);
}

function denied({ path, method }: EngineError, text: string, fromDaemon: boolean): Diagnosis {
  const request = `${method} ${withoutId(path)}`;
  if (fromDaemon || DENIED_BY_PLUGIN.test(text)) {
    const says = text === "" ? "" : `: ${text.replace(IMAGE_OR_CONTAINER_ID, "{id}")}`;
    return { reason: "AuthorizationDenied", why: `the daemon denied ${request}${says}` };
  }
  const switches = switchesFor(path, method).map((name) => `${name}=1`);
  const remedy = switches.length === 0 ? "" : ` (Tecnativa: set ${switches.join(" ")}; 11notes has no switch for it)`;
  return { reason: "PermissionDenied", why: `a proxy in front of the daemon denied ${request}${remedy}` };
}

/** The text is the same for every container and image, because what fails for one fails for most. */
function withoutId(path: string): string {
  return path.replace(/\?.*$/, "").replace(IMAGE_OR_CONTAINER_ID, "{id}");
}

/** The daemon's own text; markup is left out because it does not explain anything. */
export function replyText({ body }: EngineReply): string {
  const parsed = parseJson(body);
  if ("message" in parsed && typeof parsed.message === "string") return shorten(parsed.message);
  const text = body.subarray(0, 4096).toString("utf8");
  return parsed !== body || /^\s*</.test(text) ? "" : shorten(text);
}

/** The parts of the Engine API that Tecnativa's socket proxy can allow, with the beginning of their paths. */
const SWITCHES: readonly (readonly [prefix: RegExp, name: string])[] = [
  [/^\/_ping$/, "PING"],
  [/^\/version$/, "VERSION"],
  [/^\/info$/, "INFO"],
  [/^\/containers\//, "CONTAINERS"],
  [/^\/images\//, "IMAGES"],
  [/^\/distribution\//, "DISTRIBUTION"],
  [/^\/networks\//, "NETWORKS"],
  [/^\/exec\//, "EXEC"],
];

/** Tecnativa's switches for a request, whose path may have the version of the API and a query; empty if it has none. */
function switchesFor(path: string, method = "GET"): readonly string[] {
  const bare = path.replace(/\?.*$/, "").replace(/^\/v[0-9.]+(?=\/)/, "");
  const name = SWITCHES.find(([prefix]) => prefix.test(bare))?.[1];
  if (name === undefined) return [];
  return method === "GET" || method === "HEAD" ? [name] : [name, "POST"];
}
