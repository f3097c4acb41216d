import { describe, expect, it } from "vitest";
import { shownOn } from "../api/failure.ts";
import { classifyDistribution } from "./classify-distribution.ts";

const ASKED = { host: "registry.example:5000", image: "registry.example:5000/team/app:1", anonymous: true };
const reasonOf = (status: number, message: string, anonymous = true) =>
  classifyDistribution({ status, body: Buffer.from(JSON.stringify({ message })) }, { ...ASKED, anonymous }).reason;

/** Words of dockerd 20.10, 28.5 and 29.7. */
describe("what the daemon says about a registry", () => {
  it.each([
    [401, "unauthorized: authentication required", "RegistryCredentialsRequired"],
    [403, "denied: requested access to the resource is denied", "RegistryCredentialsRequired"],
    [
      403,
      "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n",
      "RegistryCredentialsRequired",
    ],
    [500, 'Get "https://r:5000/v2/": no basic auth credentials', "RegistryCredentialsRequired"],
    [
      500,
      'error parsing HTTP 403 response body: no error details found in HTTP response body: "{}"',
      "RegistryCredentialsRequired",
    ],
    [500, "error parsing HTTP 401 response body: unexpected end of JSON input", "RegistryCredentialsRequired"],
    [
      500,
      "failed to resolve reference: unexpected status from HEAD request to https://r:5000/v2/a/manifests/1: 403 Forbidden",
      "RegistryCredentialsRequired",
    ],
    [404, "manifest unknown: manifest unknown", "ImageNotFound"],
    [404, "name unknown: repository name not known to registry", "ImageNotFound"],
    [429, "toomanyrequests: You have reached your unauthenticated pull rate limit.", "RegistryRateLimited"],
    [500, "error parsing HTTP 429 response body: invalid character 's': \"slow down\"", "RegistryRateLimited"],
    [429, "slow down", "RegistryRateLimited"],
    [500, "received unexpected HTTP status: 503 Service Unavailable", "RegistryServerError"],
    [500, 'Get "https://r:5000/v2/": dial tcp 10.0.0.5:5000: connect: connection refused', "RegistryUnreachable"],
    [500, 'Get "https://r:5000/v2/": dial tcp 10.0.0.5:5000: connect: no route to host', "RegistryUnreachable"],
    [500, 'Get "https://r:5000/v2/": EOF', "RegistryUnreachable"],
    [500, 'Get "https://r:5000/v2/": dial tcp: lookup r on 10.0.0.2:53: no such host', "RegistryNameResolutionFailed"],
    [500, 'Get "https://r:5000/v2/": dial tcp 10.0.0.5:5000: i/o timeout', "RegistryTimedOut"],
    [500, 'Get "https://r:5000/v2/": net/http: TLS handshake timeout', "RegistryTimedOut"],
    [
      500,
      'Get "https://r:5000/v2/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      "RegistryTimedOut",
    ],
    [500, 'Get "https://r:5000/v2/": x509: certificate signed by unknown authority', "RegistryCertificateUntrusted"],
    [
      500,
      "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-02T00:00:00Z is after 2026-01-01T00:00:00Z",
      "RegistryCertificateExpired",
    ],
    [
      500,
      "x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before 2026-01-02T00:00:00Z",
      "RegistryCertificateNotYetValid",
    ],
    [500, "x509: certificate is valid for a.example, not r", "RegistryNameMismatch"],
    [
      500,
      "x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs",
      "RegistryNameMismatch",
    ],
    [500, 'Get "https://r:5000/v2/": remote error: tls: certificate required', "RegistryClientCertificateRequired"],
    [500, 'Get "https://r:5000/v2/": remote error: tls: bad certificate', "RegistryClientCertificateRejected"],
    [500, 'Get "https://r:5000/v2/": http: server gave HTTP response to HTTPS client', "RegistryNotTLS"],
    // Docker 29 of any refusal by a registry on loopback.
    [500, "unknown: Client sent an HTTP request to an HTTPS server.", "RegistryBadResponse"],
    [500, "missing key client.key for client certificate client.cert", "RegistryTLSFailed"],
    [500, "tls: private key does not match public key", "RegistryTLSFailed"],
  ])("%i %s", (status, message, reason) => {
    expect(reasonOf(status, message)).toBe(reason);
  });

  it.each([
    [401, "unauthorized: incorrect username or password", "RegistryAuthenticationFailed"],
    [500, 'Get "https://r/v2/": unauthorized: incorrect username or password', "RegistryAuthenticationFailed"],
    [403, "denied: requested access to the resource is denied", "RegistryAccessDenied"],
    [401, "unauthorized: authentication required", "RegistryAccessDenied"],
  ])("%i %s, with credentials", (status, message, reason) => {
    expect(reasonOf(status, message, false)).toBe(reason);
  });

  it("says who asked whom, and what can be done", () => {
    const body = Buffer.from(
      '{"message":"Get \\"https://r:5000/v2/\\": dial tcp 10.0.0.5:5000: connect: connection refused"}',
    );
    expect(classifyDistribution({ status: 500, body }, ASKED).message).toMatch(
      /^Registry registry\.example:5000, asked by the daemon: no connection could be made, or it was cut\. /,
    );
  });

  it("is understood in plain text and cut short if it is unknown", () => {
    const body = Buffer.from(`odd\n${"x".repeat(9_000)}`);
    const { reason, message } = classifyDistribution({ status: 500, body }, ASKED);
    expect(reason).toBe("RegistryBadResponse");
    expect(message.length).toBeLessThan(500);
  });
});

/** The table's advice is about the program's own requests, with its own DNS, certificates and network. */
describe("the advice about a registry that the daemon asked", () => {
  it.each([
    ["dial tcp 10.0.0.5:5000: connect: connection refused", "Make sure that the Docker host can reach the registry."],
    ["dial tcp: lookup r on 10.0.0.2:53: no such host", "DNS resolves the registry's name on the Docker host."],
    ["dial tcp 10.0.0.5:5000: i/o timeout", "the firewalls between it and the Docker host."],
    [
      "x509: certificate signed by unknown authority",
      "Put the registry's CA into /etc/docker/certs.d/registry.example:5000/ca.crt on the Docker host.",
    ],
    [
      "x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before 2026-01-02T00:00:00Z",
      "Compare the clocks of the registry and of the Docker host with the certificate's dates.",
    ],
    [
      "remote error: tls: certificate required",
      "Put a client certificate (client.cert and client.key) into /etc/docker/certs.d/registry.example:5000/ on the Docker host.",
    ],
    [
      "remote error: tls: bad certificate",
      "Replace the client certificate in /etc/docker/certs.d/registry.example:5000/ on the Docker host.",
    ],
    [
      "missing key client.key for client certificate client.cert",
      "Correct the files in /etc/docker/certs.d/registry.example:5000/ on the Docker host.",
    ],
    ["http: server gave HTTP response to HTTPS client", "insecure-registries in /etc/docker/daemon.json"],
  ])("%s", (message, advice) => {
    const body = Buffer.from(JSON.stringify({ message }));
    const failed = classifyDistribution({ status: 500, body }, ASKED);
    for (const surface of ["object", "flags"] as const) {
      expect(shownOn(surface, failed).message).toContain(advice);
      expect(shownOn(surface, failed).message).not.toMatch(/certSecretRef|spec[.]|where the program runs|-f and/);
    }
  });

  it.each([
    [429, "toomanyrequests", "Wait until the limit is reset"],
    [404, "manifest unknown", "Correct the image's name, or push the image."],
    [500, "tls: handshake failure", "Enable TLS 1.2 or later on the registry"],
    [401, "unauthorized", "credentials for this registry"],
  ])("is the table's where it is the same for both: %d %s", (status, message, advice) => {
    const body = Buffer.from(JSON.stringify({ message }));
    expect(classifyDistribution({ status, body }, ASKED).message).toContain(advice);
  });
});
