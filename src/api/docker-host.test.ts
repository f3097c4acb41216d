import { describe, expect, it } from "vitest";
import { BAD_HOSTS, GOOD_HOSTS } from "../../test/support/bad-hosts.ts";
import { parseSpec } from "./docker-host.ts";
import { DockerHostStatusSchema } from "./status.ts";

describe("parseSpec", () => {
  it("is checked against a table of at least 30 bad specs", () => {
    expect(BAD_HOSTS.length).toBeGreaterThanOrEqual(30);
  });

  it.each(BAD_HOSTS)("refuses $what", ({ spec, message }) => {
    expect(parseSpec(spec)).toMatchObject({
      ok: false,
      failure: { reason: "InvalidSpec", message: expect.stringContaining(message) },
    });
  });

  it.each(GOOD_HOSTS)("accepts $what", ({ spec }) => {
    expect(parseSpec(spec)).toMatchObject({ ok: true });
  });

  it.each([undefined, null, {}])("fills in the defaults of %s", (spec) => {
    expect(parseSpec(spec)).toEqual({
      ok: true,
      value: {
        host: "unix:///var/run/docker.sock",
        tls: { verify: false, systemRoots: false },
        timeout: "30s",
        interval: "5m",
        suspend: false,
        allowUpdates: false,
      },
    });
  });

  it("fills in the defaults of the given parts", () => {
    expect(
      parseSpec({
        tls: { caSecretRef: { name: "fleet-ca" } },
        updateCheck: { registries: [{ host: "registry.example.com" }] },
      }),
    ).toMatchObject({
      ok: true,
      value: {
        tls: { caSecretRef: { key: "ca.crt" } },
        updateCheck: { timeout: "5m", suspend: false, registries: [{ insecure: false }] },
      },
    });
  });

  it("names each field that is wrong by its path, as the API server does", () => {
    const spec = { timeout: "soon", updateCheck: { registries: [{ host: "a" }, { host: "b/c" }] } };
    const parsed = parseSpec(spec);
    expect(parsed.ok ? "" : parsed.failure.message.split("; ")).toEqual([
      expect.stringMatching(/^spec\.timeout: must be a duration/),
      expect.stringMatching(/^spec\.updateCheck\.registries\[1\]\.host: must be a registry host/),
    ]);
  });

  it("reports a bounded number of problems", () => {
    const registries = Array.from({ length: 30 }, (_, index) => ({ host: `registry-${index}/path` }));
    const parsed = parseSpec({ updateCheck: { registries } });
    expect(parsed.ok ? 0 : parsed.failure.message.split("; ").length).toBe(8);
  });

  it("reports only that a text is not a duration, and not also that it is too long", () => {
    expect(parseSpec({ timeout: "forever" })).toMatchObject({
      failure: { message: "spec.timeout: must be a duration from '1s' to '10m', such as '30s', '5m' or '1h30m'" },
    });
  });
});

describe("the status", () => {
  it("accepts the digests of every algorithm that registries use", () => {
    const digest = `sha512:${"a".repeat(128)}`;
    const item = { container: "web", image: "app", verdict: "Outdated", running: digest, available: digest };
    expect(DockerHostStatusSchema.safeParse({ updates: { items: [item] } }).success).toBe(true);
  });
});
