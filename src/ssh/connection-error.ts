import { shorten } from "../common/shorten.ts";
import type { HostOffers } from "./algorithms.ts";
import { CONNECTION_CUT, SshFailure, type SshProblem } from "./ssh-failure.ts";

/** How far an SSH connection got. */
export type SshStage = "dial" | "handshake" | "authentication" | "open";

/** What sshd answered to the attempts to log in. */
export interface LoginAnswer {
  /** The methods that it still offers. */
  readonly offered: readonly string[];
  /** Whether it accepted the key and requires one of these methods as well. */
  readonly partial: boolean;
}

/** What is known about a connection that failed. */
export interface SshProgress {
  readonly stage: SshStage;
  /** Whether the other side sent anything. */
  readonly heard: boolean;
  readonly offers: HostOffers;
  readonly login: LoginAnswer | undefined;
}

/** Explains an error of ssh2. Errors of the socket below are returned unchanged. */
export function explainError(error: Error, { stage, heard, offers, login }: SshProgress): Error {
  if (error instanceof SshFailure) return error;
  const { level } = error as { level?: unknown };
  if (level === "client-socket") return error;
  if (level === "client-authentication") return new SshFailure(loginProblem(login), error);
  if (stage === "authentication") {
    const why = `the host does not accept the key for this user (it says: ${shorten(error.message)})`;
    return new SshFailure({ kind: "loginFailed", why }, error);
  }
  if (stage === "open") return new SshFailure(CONNECTION_CUT, error);
  if (level === "handshake") {
    return new SshFailure({ kind: "handshakeFailed", ...offers.explain(error.message) }, error);
  }
  return heard
    ? new SshFailure({ kind: "notSsh", why: "what answers there is not an SSH server" }, error)
    : new SshFailure(CONNECTION_CUT, error);
}

/** Explains why the host did not open a channel or run a command. Other errors are returned unchanged. */
export function explainRefusal(error: Error): Error {
  const refused = "reason" in error || /^Unable to exec/.test(error.message);
  return refused ? new SshFailure({ kind: "refused", why: "sshd refused the request" }, error) : error;
}

const MAX_WAYS = 6;

function loginProblem(login: LoginAnswer | undefined): SshProblem {
  const kind = "loginFailed";
  const offered = (login?.offered ?? []).filter((way) => /^[a-zA-Z0-9@.-]{1,64}$/.test(way)).slice(0, MAX_WAYS);
  const ways = offered.join(", ");
  if (login?.partial === true) {
    const besides = offered.length === 1 && ways === "publickey" ? "a second key" : ways;
    return {
      kind,
      why: `the host accepted the key but also wants ${besides || "another proof"}, and nobody is there to give it`,
      next: "Let this user log in with one key only: set `AuthenticationMethods publickey` for it in a `Match User` block of the host's sshd_config, or name another user.",
    };
  }
  if (offered.length > 0 && !offered.includes("publickey")) {
    return {
      kind,
      why: `the host does not let this user log in with a key: it offers ${ways} only`,
      next: "Set `PubkeyAuthentication yes` for this user in the host's sshd_config, or name another user; only keys are used here.",
    };
  }
  return { kind, why: "the host does not accept the key for this user" };
}
