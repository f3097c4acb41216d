import type { Reason } from "../api/reasons.ts";
import { shorten } from "../common/shorten.ts";
import type { CommandEnd } from "../ssh/channel-socket.ts";
import type { SshFailure, SshProblemKind } from "../ssh/ssh-failure.ts";
import type { Diagnosis } from "./diagnosis.ts";

const REASONS: Readonly<Record<SshProblemKind, Reason>> = {
  connectionCut: "ConnectionReset",
  notSsh: "NotAnSSHServer",
  handshakeFailed: "SSHHandshakeFailed",
  hostKeyUnknown: "SSHHostKeyUnknown",
  hostKeyMismatch: "SSHHostKeyMismatch",
  loginFailed: "SSHAuthenticationFailed",
  protocolAbused: "SSHProtocolAbused",
  refused: "SSHForwardingDenied",
};

/** Explains a failure of the SSH client. */
export function diagnoseSshFailure({ problem: { kind, ...rest } }: SshFailure): Diagnosis {
  return { reason: REASONS[kind], ...rest };
}

/** Explains why the daemon's socket cannot be opened although the SSH connection works. */
export class DaemonUnreachable extends Error {
  override readonly name = "DaemonUnreachable";
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis, cause?: unknown) {
    super(diagnosis.why, { cause });
    this.diagnosis = diagnosis;
  }
}

/** What the host reports about the daemon's socket. */
export type SocketState = "missing" | "forbidden" | "usable" | "unknown";

const NO_SOCKET: Diagnosis = { reason: "SocketNotFound", why: "the daemon's socket does not exist on the host" };
const SOCKET_FORBIDDEN: Diagnosis = {
  reason: "SocketPermissionDenied",
  why: "the SSH user may not open the daemon's socket",
};

/** Explains why `docker system dial-stdio` ended without reaching a daemon. */
export function diagnoseCommandEnd({ code, stderr }: CommandEnd, socket: SocketState): Diagnosis {
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

export const SESSION_REFUSED: Diagnosis = {
  reason: "SSHForwardingDenied",
  why: "sshd neither opened the daemon's socket nor a session",
};

export const NOT_DIAL_STDIO: Diagnosis = {
  reason: "SSHForwardingDenied",
  why: "sshd did not open the daemon's socket, and the session answered with something other than `docker system dial-stdio` does (a forced command, or a start file of the shell that prints)",
};
