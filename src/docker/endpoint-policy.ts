import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

/** How the other side of a connection is verified. */
export interface Verification {
  /** Whether the server's certificate is verified, if the endpoint uses TLS. */
  readonly verify: boolean;
  /** Whether the host's key is verified, if the endpoint uses SSH. */
  readonly hostKeyChecking: "Strict" | "Disabled" | undefined;
}

/**
 * Checks --require-tls, which allows only connections that nobody on the way can read or intercept by posing as the
 * daemon.
 */
export function requireProtection(endpoint: Endpoint, { verify, hostKeyChecking }: Verification): Outcome<Endpoint> {
  const refuse = (reason: "PlaintextForbidden" | "VerificationRequired", what: string) =>
    failure(advised(reason, `Connecting to ${formatEndpoint(endpoint)} is forbidden by --require-tls: ${what}`));
  switch (endpoint.kind) {
    case "unix":
      // A local socket does not leave the machine.
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
 * Checks --allowed-sockets against the path as it is written. The file system is not read, so the answer does not show
 * whether a file exists.
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
