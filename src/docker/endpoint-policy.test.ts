import { describe, expect, it } from "vitest";
import { reasonEntry } from "../api/reasons.ts";
import { parseEndpoint } from "./endpoint.ts";
import { requireAllowedSocket, requireProtection, type Verification } from "./endpoint-policy.ts";

/** The reason why a host is refused, or `permitted`. */
function diagnose(host: string, verify: boolean, hostKeyChecking?: Verification["hostKeyChecking"]): string {
  const endpoint = parseEndpoint(host, verify);
  if (!endpoint.ok) throw new Error(endpoint.failure.message);
  const permitted = requireProtection(endpoint.value, { verify, hostKeyChecking });
  if (!permitted.ok) return permitted.failure.reason;
  expect(permitted.value).toBe(endpoint.value);
  return "permitted";
}

describe("requireProtection", () => {
  it.each([
    // host, with verification, without
    ["unix:///var/run/docker.sock", "permitted", "permitted"],
    ["http://edge-7", "PlaintextForbidden", "PlaintextForbidden"],
    ["tcp://edge-7", "permitted", "PlaintextForbidden"],
    ["tcp://edge-7:2376", "permitted", "PlaintextForbidden"],
    ["https://edge-7", "permitted", "VerificationRequired"],
    ["tcp://127.0.0.1:2375", "permitted", "PlaintextForbidden"],
  ])("%s: %s with tls.verify, %s without", (host, verified, unverified) => {
    expect(diagnose(host, true)).toBe(verified);
    expect(diagnose(host, false)).toBe(unverified);
  });

  it("wants a check of the host's key over SSH, whatever tls.verify says", () => {
    for (const verify of [true, false]) {
      expect(diagnose("ssh://docker@edge-7", verify, "Strict")).toBe("permitted");
      expect(diagnose("ssh://docker@edge-7", verify, undefined)).toBe("permitted");
      expect(diagnose("ssh://docker@edge-7", verify, "Disabled")).toBe("VerificationRequired");
    }
    expect(diagnose("https://edge-7", true, "Disabled")).toBe("permitted");
  });

  it("says what is forbidden, by what, and what to do", () => {
    const endpoint = { kind: "tcp", scheme: "tcp", host: "edge-7", port: 2375, pathPrefix: "" } as const;
    expect(requireProtection(endpoint, { verify: false, hostKeyChecking: undefined })).toMatchObject({
      ok: false,
      failure: {
        reason: "PlaintextForbidden",
        message: `Connecting to tcp://edge-7:2375 is forbidden by --require-tls: it is plaintext. ${reasonEntry("PlaintextForbidden").fix}`,
      },
    });
  });
});

describe("requireAllowedSocket", () => {
  const diagnoseSocket = (path: string, allowed: readonly string[] | undefined) => {
    const result = requireAllowedSocket({ kind: "unix", path }, allowed);
    return result.ok ? "allowed" : result.failure;
  };

  it("lets through what is named, by the path as it is written", () => {
    expect(diagnoseSocket("/run/docker.sock", undefined)).toBe("allowed");
    expect(diagnoseSocket("/run/docker.sock", ["/run/a.sock", "/run/docker.sock"])).toBe("allowed");
  });

  it.each(["/run/docker.sock", "/run/../run/docker.sock", "/run//docker.sock", "/", "/etc/shadow", "/nowhere"])(
    "denies %s with one text and the way to allow it",
    (path) => {
      for (const allowed of [[], ["/run/other.sock"], ["/run/docker.sock/"]]) {
        expect(diagnoseSocket(path, allowed)).toMatchObject({
          reason: "EndpointDenied",
          message: `Connecting to unix://${path} is not allowed: the controller's own sockets are denied. ${reasonEntry("EndpointDenied").fix}`,
        });
      }
    },
  );
});
