import { describe, expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import { connectionSecretKeys, updateSecretKeys } from "./secret-references.ts";

const host = dockerHost({
  spec: {
    tls: { certSecretRef: { name: "tls" }, caSecretRef: { name: "fleet-ca" } },
    updateCheck: {
      registries: [{ host: "a.example.com", certSecretRef: { name: "a-certs" } }, { host: "b.example.com" }],
      imagePullSecrets: [{ name: "regcred" }],
    },
  },
});

describe("the Secrets that a host names", () => {
  it("are distinguished by who reads them", () => {
    expect(connectionSecretKeys(host)).toEqual(["fleet/tls", "fleet/fleet-ca"]);
    expect(updateSecretKeys(host)).toEqual(["fleet/a-certs", "fleet/regcred"]);
  });

  it("are none in a host of defaults, or in one whose spec does not fit", () => {
    for (const spec of [{}, { host: "edge-7", tls: { certSecretRef: { name: "tls" } } }]) {
      expect(connectionSecretKeys(dockerHost({ spec }))).toEqual([]);
      expect(updateSecretKeys(dockerHost({ spec }))).toEqual([]);
    }
  });
});
