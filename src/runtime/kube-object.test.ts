import { describe, expect, it } from "vitest";
import { isKubeName, isOlder, keyOf, parseKey } from "./kube-object.ts";
import { collectionPath, objectPath } from "./resource.ts";

describe("keys", () => {
  it("are namespace and name, and parse back", () => {
    const key = keyOf({ metadata: { namespace: "fleet", name: "edge-7" } });
    expect(key).toBe("fleet/edge-7");
    expect(parseKey(key)).toEqual({ namespace: "fleet", name: "edge-7" });
  });

  it("of objects without a namespace parse back too", () => {
    expect(parseKey(keyOf({ metadata: { name: "node-1" } }))).toEqual({ namespace: "", name: "node-1" });
  });
});

describe("isKubeName", () => {
  it.each(["a", "edge-7", "a.b.c", "0", "x".repeat(253)])("accepts %s", (name) => {
    expect(isKubeName(name)).toBe(true);
  });

  it.each(["", ".", "..", "../x", "a/b", "A", "-a", "a-", "a..b", "a b", "a\n", "x".repeat(254)])(
    "refuses %j",
    (name) => {
      expect(isKubeName(name)).toBe(false);
    },
  );
});

describe("isOlder", () => {
  it("compares versions as numbers of any length", () => {
    expect(isOlder("9", "10")).toBe(true);
    expect(isOlder("10", "9")).toBe(false);
    expect(isOlder("10", "10")).toBe(false);
    expect(isOlder("9007199254740993", "9007199254740994")).toBe(true);
  });

  it("does not compare versions that are not numbers", () => {
    expect(isOlder("abc", "10")).toBe(false);
    expect(isOlder(undefined, "10")).toBe(false);
    expect(isOlder("1", "010")).toBe(false);
  });
});

describe("paths", () => {
  const hosts = { group: "example.com", version: "v1", plural: "hosts" };
  const secrets = { group: "", version: "v1", plural: "secrets" };

  it("are those of the API server", () => {
    expect(collectionPath(hosts)).toBe("/apis/example.com/v1/hosts");
    expect(collectionPath(secrets, "fleet")).toBe("/api/v1/namespaces/fleet/secrets");
    expect(objectPath(hosts, { namespace: "fleet", name: "edge-7" }, "status")).toBe(
      "/apis/example.com/v1/namespaces/fleet/hosts/edge-7/status",
    );
  });

  it("cannot be left by a crafted name", () => {
    expect(objectPath(secrets, { namespace: "a", name: "../../b/secrets/x?y#z" })).toBe(
      "/api/v1/namespaces/a/secrets/..%2F..%2Fb%2Fsecrets%2Fx%3Fy%23z",
    );
    expect(() => objectPath(secrets, { namespace: "..", name: "x" })).toThrow(RangeError);
    expect(() => objectPath(secrets, { namespace: "a", name: "" })).toThrow(RangeError);
  });
});
