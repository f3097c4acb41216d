import type { LookupFunction } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { type RawServer, startRawServer } from "../../test/support/raw-server.ts";
import { MAX_UPDATE_ITEMS } from "../api/status.ts";
import { createDialGuard } from "../common/dial-guard.ts";
import { parseIpNetwork } from "../common/ip-network.ts";
import { success } from "../common/result.ts";
import { RegistryClient } from "../registry/client.ts";
import { RegistryConnections } from "../registry/connections.ts";
import { RegistryResolver } from "../registry/resolver.ts";
import { SYSTEM_TRUST } from "../registry/trust.ts";
import { checkHost } from "./check-containers.ts";
import { registryPort } from "./registry-port.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const ID = `sha256:${"b".repeat(64)}`;
/** Where services of a cluster are, which its administrator has denied. */
const SERVICES = "10.96.0.0/12";

/** What names resolve to in a cluster. */
const ADDRESSES: Readonly<Record<string, string>> = {
  localhost: "127.0.0.1",
  "metadata.google.internal": "169.254.169.254",
  "kubernetes.default.svc": "10.96.0.1",
};
const lookUp: LookupFunction = (name, options, callback) => {
  const address = ADDRESSES[name] ?? "127.0.0.1";
  if (options.all) callback(null, [{ address, family: 4 }]);
  else callback(null, address, 4);
};

describe("image names that a hostile daemon makes up", () => {
  /** Counts who comes. */
  let inner: RawServer;
  let connections: RegistryConnections;

  beforeEach(async () => {
    inner = await startRawServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
    const services = parseIpNetwork(SERVICES);
    if (!services.ok) throw new Error(services.failure);
    const guard = createDialGuard({ denied: [services.value], allowed: [], loopback: false, resolve: lookUp });
    connections = new RegistryConnections({ systemRoots: [], guard });
  });

  afterEach(async () => {
    connections.close();
    await inner.close();
  });

  /** What a check says about containers with images of these names. */
  async function check(names: readonly string[]) {
    const clock = new FakeClock();
    const client = new RegistryClient({ connections, clock, random: () => 0.5 });
    const report = await checkHost({
      containers: names.map((image, index) => ({
        id: `${index}`,
        name: `c${index}`,
        image,
        imageId: ID,
        state: "running",
        labels: {},
      })),
      images: [{ id: ID, repoTags: [], repoDigests: names.map((name) => `${name.replace(/:[^:/]*$/, "")}@${DIGEST}`) }],
      host: { os: "linux", arch: "amd64" },
      age: { known: [], minimumAgeMs: 0, now: clock.now() },
      registry: registryPort({
        resolver: new RegistryResolver({ client, clock }),
        accessFor: () => success({ trust: SYSTEM_TRUST, insecure: true }),
        maxAgeMs: 0,
      }),
      signal: new AbortController().signal,
    });
    return report;
  }

  it.each([
    "127.0.0.1:PORT/team/app:1",
    "127.1:PORT/team/app:1",
    "0177.0.0.1:PORT/team/app:1",
    "0x7f.0.0.1:PORT/team/app:1",
    "0.0.0.0:PORT/team/app:1",
    "[::1]:PORT/team/app:1",
    "[::ffff:7f00:1]:PORT/team/app:1",
    "localhost:PORT/team/app:1",
    "rebound.example.com:PORT/team/app:1",
    "169.254.169.254/latest/meta-data:1",
    "[::ffff:a9fe:a9fe]/latest/meta-data:1",
    "[64:ff9b::a9fe:a9fe]/latest/meta-data:1",
    "[fd00:ec2::254]/latest/meta-data:1",
    "[fe80::1]:2375/containers/json:1",
    "metadata.google.internal/computemetadata/v1:1",
    "10.96.0.1/api/v1/secrets:1",
    "kubernetes.default.svc/api/v1/secrets:1",
  ])("reach nothing that must not be reached: %s", async (name) => {
    const { items } = await check([name.replace("PORT", `${inner.port}`)]);
    expect(items).toMatchObject([{ verdict: "Failed", reason: "RegistryDenied" }]);
    expect(items[0]?.message).toContain("--allowed-endpoint-cidrs");
    expect(inner.accepted).toBe(0);
  });

  it.each([
    ["another protocol", "file:///etc/passwd"],
    ["a user", "admin:admin@127.0.0.1:PORT/app:1"],
    ["a query", "127.0.0.1:PORT/app?x=1:1"],
    ["steps upwards", "127.0.0.1:PORT/../../containers/json:1"],
    ["an escape", "127.0.0.1:PORT/%2e%2e/app:1"],
    ["a line break", "127.0.0.1:PORT/app\r\nHost: inner:1"],
    ["a path in the tag", "127.0.0.1:PORT/app:1/../../x"],
    ["a port that does not exist", "127.0.0.1:99999/app:1"],
    ["a megabyte", `127.0.0.1:PORT/${"a".repeat(1_000_000)}:1`],
    ["a megabyte of nothing", `127.0.0.1:PORT/app:${"\0".repeat(1_000_000)}`],
  ])("are refused with a short word, without a request: %s", async (_, name) => {
    const { items } = await check([name.replace("PORT", `${inner.port}`)]);
    expect(items).toMatchObject([{ verdict: "Failed", reason: "InvalidReference" }]);
    expect(items[0]?.message?.length).toBeLessThan(1_000);
    expect(inner.accepted).toBe(0);
  });

  it("leave a bounded status, no matter how many there are of one image", async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `r${index}.example.com:${inner.port}/app:1`);
    const { counts, items, truncated } = await check(names);
    expect([counts.total, counts.failed, items.length, truncated]).toEqual([1_000, 1_000, MAX_UPDATE_ITEMS, true]);
    expect(new Set(items.map(({ reason }) => reason))).toEqual(new Set(["RegistryDenied"]));
    expect(inner.accepted).toBe(0);
  });
});
