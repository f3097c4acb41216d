import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

/** How the other side of a connection is verified. */
export interface Verification {
  /** The server's certificate, where the endpoint uses TLS. */
  readonly verify: boolean;
  /** The host's key, where it uses SSH. */
  readonly hostKeyChecking: "Strict" | "Disabled" | undefined;
}

/** What --require-tls lets through: nobody on the way can read along or pose as the daemon. */
export function requireProtection(endpoint: Endpoint, { verify, hostKeyChecking }: Verification): Outcome<Endpoint> {
  const refuse = (reason: "PlaintextForbidden" | "VerificationRequired", what: string) =>
    failure(advised(reason, `Connecting to ${formatEndpoint(endpoint)} is forbidden by --require-tls: ${what}`));
  switch (endpoint.kind) {
    case "unix":
      // Nothing leaves the machine.
      return success(endpoint);
    case "ssh":
      return hostKeyChecking === "Disabled"
        ? refuse("VerificationRequired", "the host's key would not be checked")
        : success(endpoint);
    case "tcp":
      if (endpoint.scheme !== "https") return refuse("PlaintextForbidden", "it is plaintext");
      return verify
        ? success(endpoint)
        : refuse("VerificationRequired", "the server's certificate would not be verified");
  }
}

/**
 * What --allowed-sockets lets through, by the path as it is written. Nothing is looked at: the answer is the same
 * whether there is a file or not.
 */
export function requireAllowedSocket(
  endpoint: Endpoint & { readonly kind: "unix" },
  allowed: readonly string[] | undefined,
): Outcome<Endpoint> {
  if (allowed === undefined || allowed.includes(endpoint.path)) return success(endpoint);
  return failure(
    advised(
      "EndpointDenied",
      `Connecting to ${formatEndpoint(endpoint)} is not allowed: the controller's own sockets are denied`,
    ),
  );
}
