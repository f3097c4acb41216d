import { describe, expect, it } from "vitest";
import { dockerHost } from "../../test/support/docker-host.ts";
import { indexedReferences, secretReferences } from "./secret-references.ts";

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
    const connection = ["fleet/tls", "fleet/fleet-ca"];
    const updates = ["fleet/a-certs", "fleet/regcred"];
    expect(secretReferences(host)).toEqual({ connection, updates });
    const indexed = indexedReferences();
    expect([indexed.connection(host), indexed.updates(host)]).toEqual([connection, updates]);
    expect(indexed.updates(dockerHost({}))).toEqual([]);
  });

  it("are none in a host of defaults, or in one whose spec does not fit", () => {
    for (const spec of [{}, { host: "edge-7", tls: { certSecretRef: { name: "tls" } } }]) {
      expect(secretReferences(dockerHost({ spec }))).toEqual({ connection: [], updates: [] });
    }
  });
});
