import type { DockerHostObject } from "../api/docker-host.ts";

/** How safe the connection to a host is. */
export interface Protection {
  readonly level: "Safe" | "Partly safe" | "Unsafe" | "Not known yet";
  readonly words: string;
}

const MUTUAL = "TLS: the program verifies the host, and the host can verify the program by its client certificate.";
const SERVER = "TLS: the program verifies the host, but shows no client certificate.";
const UNVERIFIED = "TLS without verification: anybody on the way can pretend to be the host.";
const PLAINTEXT = "Plaintext: anybody on the way can read and change everything.";
const SOCKET = "A local socket: nothing goes over a network.";
const SSH = "SSH: the host's key is verified.";
const SSH_UNCHECKED = "SSH without a check of the host's key: anybody on the way can pretend to be the host.";

export function protectionOf({ spec, status = {} }: DockerHostObject): Protection {
  const { tlsMode, endpoint = "" } = status;
  if (endpoint.startsWith("unix:")) return { level: "Safe", words: SOCKET };
  if (endpoint.startsWith("ssh:")) {
    const { ssh } = (spec ?? {}) as { ssh?: { hostKeyChecking?: unknown } };
    return ssh?.hostKeyChecking === "Disabled"
      ? { level: "Unsafe", words: SSH_UNCHECKED }
      : { level: "Safe", words: SSH };
  }
  if (tlsMode === "Mutual") return { level: "Safe", words: MUTUAL };
  if (tlsMode === "ServerVerified") return { level: "Partly safe", words: SERVER };
  if (tlsMode === "Unverified") return { level: "Unsafe", words: UNVERIFIED };
  if (tlsMode === "None") return { level: "Unsafe", words: PLAINTEXT };
  return { level: "Not known yet", words: "The program has not connected to this host yet." };
}
