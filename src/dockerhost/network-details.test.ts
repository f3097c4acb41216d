import { describe, expect, it } from "vitest";
import { advised } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { NetworkDetails } from "./network-details.ts";

const refused = advised("ConnectionRefused", "Connecting to tcp://db:5432 failed: 10.1.2.3 refused the connection");

describe("NetworkDetails", () => {
  it("leaves everything as it is if nothing is to be hidden", () => {
    const details = new NetworkDetails(false);
    expect(details.hide(refused)).toBe(refused);
    expect(details.reveal(refused.message)).toBe(refused.message);
  });

  it("hides what was met in the network behind the reason, and reveals it for the log", () => {
    const details = new NetworkDetails(true);
    const hidden = details.hide({ ...refused, retryAt: 7 });
    expect(hidden).toMatchObject({ reason: "ConnectionRefused", retryAt: 7 });
    expect(hidden.message).not.toMatch(/10\.1\.2\.3|5432/);
    expect(details.reveal(`3 of 4: ${hidden.message} (again)`)).toBe(`3 of 4: ${refused.message} (again)`);
    // The same cause gives the same text.
    expect(details.hide(advised("ConnectionRefused", "10.9.9.9 refused")).message).toBe(hidden.message);
  });

  it.each(["SecretNotFound", "InvalidEndpoint", "ImageNotFound", "RegistryRateLimited", "PullSecretInvalid"] as const)(
    "does not hide %s",
    (reason) => {
      const reported = advised(reason, "edge-7-tls is missing");
      expect(new NetworkDetails(true).hide(reported)).toBe(reported);
    },
  );

  it("also hides it in outcomes", () => {
    const details = new NetworkDetails(true);
    expect(details.hideIn(success(1))).toEqual(success(1));
    expect(details.hideIn(failure(refused))).toEqual(failure(details.hide(refused)));
  });
});
