import { shorten, type Verdict } from "../verdict.ts";
import type { HostOffers } from "./algorithms.ts";
import { SshFailure } from "./ssh-failure.ts";

/** How far an SSH connection came. */
export type SshStage = "dial" | "handshake" | "authentication" | "open";

/** How a remote command ended. */
export interface CommandEnd {
  /** Undefined where a signal ended it, or nothing tells. */
  readonly code: number | undefined;
  /** The begin of what it said on standard error. */
  readonly stderr: string;
}

/** What the host itself says of the daemon's socket. */
export type SocketState = "missing" | "forbidden" | "usable" | "unknown";

export const CONNECTION_CUT: Verdict = { reason: "ConnectionReset", why: "the SSH connection was cut" };
export const NO_SOCKET: Verdict = { reason: "SocketNotFound", why: "the daemon's socket does not exist on the host" };
export const SOCKET_FORBIDDEN: Verdict = {
  reason: "SocketPermissionDenied",
  why: "the SSH user may not open the daemon's socket",
};

export const SHA1_SIGNATURE: Verdict = {
  reason: "SSHHandshakeFailed",
  why: "the host accepts only RSA signatures with SHA-1, which are never made; use an Ed25519 key",
};

/** What sshd said of the attempts to log in. */
export interface LoginAnswer {
  /** The ways that it still offers. */
  readonly offered: readonly string[];
  /** Whether it accepted the key, and wants one of these ways as well. */
  readonly partial: boolean;
}

/** What is known of a connection that failed. */
export interface SshProgress {
  readonly stage: SshStage;
  /** Whether the other side said anything. */
  readonly heard: boolean;
  readonly offers: HostOffers;
  readonly login: LoginAnswer | undefined;
}

/** An error of ssh2, or of the socket below, as it came. */
export function judgeSshError(error: Error, { stage, heard, offers, login }: SshProgress): Error {
  if (error instanceof SshFailure) return error;
  const { level } = error as { level?: unknown };
  // The classifier of network errors knows what it is.
  if (level === "client-socket") return error;
  if (level === "client-authentication") return new SshFailure(judgeLogin(login), error);
  if (stage === "authentication") {
    const why = `the host does not accept the key for this user (it says: ${shorten(error.message)})`;
    return new SshFailure({ reason: "SSHAuthenticationFailed", why }, error);
  }
  if (stage === "open") return new SshFailure(CONNECTION_CUT, error);
  if (level === "handshake") {
    return new SshFailure({ reason: "SSHHandshakeFailed", ...offers.explain(error.message) }, error);
  }
  return heard
    ? new SshFailure({ reason: "NotAnSSHServer", why: "what answers there is not an SSH server" }, error)
    : new SshFailure(CONNECTION_CUT, error);
}

const MAX_WAYS = 6;

function judgeLogin(login: LoginAnswer | undefined): Verdict {
  const reason = "SSHAuthenticationFailed";
  const offered = (login?.offered ?? []).filter((way) => /^[a-zA-Z0-9@.-]{1,64}$/.test(way)).slice(0, MAX_WAYS);
  const ways = offered.join(", ");
  if (login?.partial === true) {
    const besides = offered.length === 1 && ways === "publickey" ? "a second key" : ways;
    return {
      reason,
      why: `the host accepted the key and wants ${besides || "another proof"} besides, which nobody is there to give`,
      next: "Let this user log in with one key only: set `AuthenticationMethods publickey` for it in a `Match User` block of the host's sshd_config, or name another user.",
    };
  }
  if (offered.length > 0 && !offered.includes("publickey")) {
    return {
      reason,
      why: `the host does not let this user log in with a key: it offers ${ways} only`,
      next: "Set `PubkeyAuthentication yes` for this user in the host's sshd_config, or name another user; only keys are used here.",
    };
  }
  return { reason, why: "the host does not accept the key for this user" };
}

/** `docker system dial-stdio` that ended without a daemon behind it. */
export function judgeCommandEnd({ code, stderr }: CommandEnd, socket: SocketState): Verdict {
  const says = shorten(stderr);
  if (/no such file or directory|Is the docker daemon running/.test(says)) return NO_SOCKET;
  if (/permission denied.*docker|dial unix .*permission denied/i.test(says)) return SOCKET_FORBIDDEN;
  if (/dial unix .*connection refused/.test(says)) {
    return { reason: "ConnectionRefused", why: "nobody listens on the daemon's socket" };
  }
  if (code === 127) {
    if (socket === "missing") return NO_SOCKET;
    if (socket === "forbidden") return SOCKET_FORBIDDEN;
    const why = "sshd did not open the daemon's socket, and the host has no docker command to do it";
    return { reason: "SSHRemoteDockerMissing", why };
  }
  const end = code === undefined ? "was ended" : `ended with exit code ${code}`;
  const words = says === "" ? "" : `: ${says}`;
  const why = `sshd did not open the daemon's socket, and \`docker system dial-stdio\` ${end}${words}`;
  return { reason: "SSHForwardingDenied", why };
}

export const SESSION_REFUSED: Verdict = {
  reason: "SSHForwardingDenied",
  why: "sshd neither opened the daemon's socket nor a session",
};

export const NOT_DIAL_STDIO: Verdict = {
  reason: "SSHForwardingDenied",
  why: "sshd did not open the daemon's socket, and the session said something else than `docker system dial-stdio` does (a forced command, or a start file of the shell that prints)",
};
