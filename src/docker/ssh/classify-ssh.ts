import { shorten, type Verdict } from "../verdict.ts";
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
  why: "the host takes RSA signatures with SHA-1 alone, which are not made; an Ed25519 key is what it may take",
};

/** An error of ssh2, or of the socket below, as it came. `heard`: whether the other side said anything. */
export function judgeSshError(error: Error, stage: SshStage, heard: boolean): Error {
  const { level } = error as { level?: unknown };
  // The classifier of network errors knows what it is.
  if (level === "client-socket") return error;
  if (level === "client-authentication" || stage === "authentication") {
    const said = level === "client-authentication" ? "" : ` (it says: ${shorten(error.message)})`;
    const why = `the host does not accept the key for this user${said}`;
    return new SshFailure({ reason: "SSHAuthenticationFailed", why }, error);
  }
  if (stage === "open") return new SshFailure(CONNECTION_CUT, error);
  if (level === "handshake") {
    return new SshFailure({ reason: "SSHHandshakeFailed", why: handshakeProblem(error.message) }, error);
  }
  return heard
    ? new SshFailure({ reason: "NotAnSSHServer", why: "what answers there is no SSH server" }, error)
    : new SshFailure(CONNECTION_CUT, error);
}

/** ssh2's own words name what the two sides have not in common; others are not worth telling. */
function handshakeProblem(message: string): string {
  const lacking = /^Handshake failed: (no matching [\w\->() ]+)$/.exec(message)?.[1];
  return lacking === undefined ? "the SSH handshake failed" : `the SSH handshake failed with ${lacking}`;
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
