import { advised, type Failure } from "../api/failure.ts";
import { HeldTooLong } from "../common/byte-budget.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { DialDenied } from "../common/dial-guard.ts";
import { formatDuration } from "../common/duration.ts";
import { errorCode } from "../common/error-code.ts";
import { shorten } from "../common/shorten.ts";
import { SshFailure } from "../ssh/ssh-failure.ts";
import type { AttemptContext } from "./attempt-context.ts";
import { diagnoseReply } from "./classify-reply.ts";
import { DaemonUnreachable, diagnoseSshFailure } from "./classify-ssh.ts";
import { diagnoseTlsError } from "./classify-tls.ts";
import { type Diagnosis, notDocker } from "./diagnosis.ts";
import { ReplyTooLarge, TruncatedReply } from "./exchange.ts";
import { EngineError } from "./fleet-modem.ts";

/** Returns the reason for any error of a connection. An unknown error becomes ConnectionFailed with its text. */
export function classifyError(error: unknown, context: AttemptContext): Failure {
  const { reason, why, next } = diagnose(error, context);
  const action = error instanceof EngineError ? "The request to" : "Connecting to";
  return advised(reason, `${action} ${context.endpoint} failed: ${why}`, error, next);
}

function diagnose(error: unknown, context: AttemptContext): Diagnosis {
  if (error instanceof DeadlineExceeded) return timedOut(error, context);
  if (error instanceof HeldTooLong) return TOO_SLOW;
  if (error instanceof EngineError) return diagnoseReply(error, context);
  if (error instanceof SshFailure) return diagnoseSshFailure(error);
  if (error instanceof DaemonUnreachable) return error.diagnosis;
  if (error instanceof DialDenied) return { reason: "EndpointDenied", why: shorten(error.message) };
  // A name with several addresses fails with one error for each address, and without a message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return diagnose(mostSpecific(error.errors), context);
  if (!(error instanceof Error)) return unknown(textOf(error));
  if (error instanceof TruncatedReply) return { reason: "ConnectionReset", why: error.message };
  if (error instanceof ReplyTooLarge) return { reason: "InvalidResponse", why: error.message };
  const code = errorCode(error) ?? "";
  return (
    diagnoseTlsError(error, code, context) ??
    diagnoseNetworkError(code, context.endpoint) ??
    unknown(code === "" ? error.message : `${code} ${error.message}`)
  );
}

/** Some objects throw when they are converted to a text. */
function textOf(thrown: unknown): string {
  return typeof thrown === "object" && thrown !== null ? Object.prototype.toString.call(thrown) : String(thrown);
}

/** An address that cannot be reached at all, such as IPv6 on many networks, says less than one that answers. */
function mostSpecific(errors: readonly unknown[]): unknown {
  return errors.find((error) => !/^E(NET|HOST)UNREACH$/.test(errorCode(error) ?? "")) ?? errors[0];
}

const TOO_SLOW: Diagnosis = {
  reason: "ConnectionTimedOut",
  why: "the daemon sends its answer so slowly that others waited for the memory that the answer takes",
  next: "Check the load of the daemon and the network to it; it is asked again automatically.",
};
const NO_ROUTE: Diagnosis = { reason: "HostUnreachable", why: "there is no route to the host" };
const CUT: Diagnosis = { reason: "ConnectionReset", why: "the connection was cut" };
const NO_SOCKET: Diagnosis = { reason: "SocketNotFound", why: "the socket does not exist" };

/** Node's codes, which are the names of the operating system. */
const NETWORK_CODES: Readonly<Record<string, Diagnosis>> = {
  ENOTFOUND: { reason: "NameResolutionFailed", why: "the name cannot be resolved" },
  EAI_AGAIN: { reason: "NameResolutionFailed", why: "DNS did not answer" },
  EAI_FAIL: { reason: "NameResolutionFailed", why: "DNS failed to answer" },
  ECONNREFUSED: { reason: "ConnectionRefused", why: "the connection was refused" },
  ETIMEDOUT: { reason: "ConnectionTimedOut", why: "the host did not answer" },
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  EHOSTDOWN: NO_ROUTE,
  ENETDOWN: NO_ROUTE,
  EPERM: NO_ROUTE,
  ECONNRESET: CUT,
  ECONNABORTED: CUT,
  EPIPE: CUT,
  ENOENT: NO_SOCKET,
  ENOTDIR: NO_SOCKET,
};

function diagnoseNetworkError(code: string, endpoint: string): Diagnosis | undefined {
  if (code === "EACCES") {
    // Over the network, this code comes from a firewall of this machine.
    return endpoint.startsWith("unix:")
      ? { reason: "SocketPermissionDenied", why: "the socket may not be opened" }
      : NO_ROUTE;
  }
  // The HTTP parser failed: the other side does not speak HTTP.
  if (code.startsWith("HPE_")) return notDocker();
  // A code may be any text, so "constructor" must not be found here.
  return Object.hasOwn(NETWORK_CODES, code) ? NETWORK_CODES[code] : undefined;
}

function timedOut(error: DeadlineExceeded, { endpoint, phase }: AttemptContext): Diagnosis {
  const after = formatDuration(error.ms);
  const handshake = endpoint.startsWith("ssh:") ? "SSH" : "TLS";
  const why = {
    dial: `no answer to the connection within ${after}`,
    handshake: `the ${handshake} handshake did not end within ${after}`,
    exchange: `the daemon accepted the connection but did not answer within ${after}`,
  }[phase];
  return { reason: "ConnectionTimedOut", why };
}

function unknown(text: string): Diagnosis {
  return { reason: "ConnectionFailed", why: shorten(text) };
}
