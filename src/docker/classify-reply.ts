import { type EngineReply, parseJson } from "./exchange.ts";
import type { EngineError } from "./fleet-modem.ts";
import { switchFor } from "./proxy-switches.ts";
import { notDocker, shorten, type Verdict } from "./verdict.ts";

const IMAGE_OR_CONTAINER_ID = /(?:sha256:)?[0-9a-f]{64}/g;

/** Docker's own words, before which it has not come to add Api-Version to its answer. */
const DENIED_BY_PLUGIN = /^authorization denied by plugin /;

/**
 * An HTTP answer that the API does not promise. Docker's own answers carry Api-Version, but for those of an
 * authorization plugin; a proxy's do not.
 */
export function judgeReply(error: EngineError): Verdict {
  const { reply, path } = error;
  const { status } = reply;
  const text = replyText(reply);
  if (status === 400 && /HTTP request to an HTTPS server/i.test(text)) {
    return { reason: "ServerRequiresTLS", why: "the daemon speaks TLS on this port" };
  }
  if (status === 400 && /client version .* is too (old|new)/i.test(text)) {
    return { reason: "APIVersionUnsupported", why: `the daemon says: ${text}` };
  }
  const fromDaemon = reply.headers["api-version"] !== undefined;
  // What is not Docker is not quoted: whoever may write a spec must not read other services of the cluster through us.
  const says = fromDaemon && text !== "" ? `: ${text}` : "";
  if (status === 401 || status === 403) return denied(error, text, fromDaemon);
  if (status >= 500 && !fromDaemon) {
    return { reason: "ConnectionFailed", why: `a proxy before the daemon answered ${status}${says}` };
  }
  if (!fromDaemon || status < 400) return notDocker();
  return { reason: "DaemonError", why: `the daemon answered ${status} to GET ${withoutId(path)}${says}` };
}

function denied({ path }: EngineError, text: string, fromDaemon: boolean): Verdict {
  const request = `GET ${withoutId(path)}`;
  if (fromDaemon || DENIED_BY_PLUGIN.test(text)) {
    const says = text === "" ? "" : `: ${text.replace(IMAGE_OR_CONTAINER_ID, "{id}")}`;
    return { reason: "AuthorizationDenied", why: `the daemon denied ${request}${says}` };
  }
  const name = switchFor(path);
  const remedy = name === undefined ? "" : ` (Tecnativa: set ${name}=1; 11notes has no switch for it)`;
  return { reason: "PermissionDenied", why: `a proxy before the daemon denied ${request}${remedy}` };
}

/** The same text for every container and image: what fails for one mostly fails for all. */
function withoutId(path: string): string {
  return path.replace(/\?.*$/, "").replace(IMAGE_OR_CONTAINER_ID, "{id}");
}

/** The daemon's own words; pages of markup say nothing. */
function replyText({ body }: EngineReply): string {
  const parsed = parseJson(body);
  if ("message" in parsed && typeof parsed.message === "string") return shorten(parsed.message);
  const text = body.subarray(0, 4096).toString("utf8");
  return parsed !== body || /^\s*</.test(text) ? "" : shorten(text);
}
