import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import type { EngineAgent } from "./engine-agent.ts";
import type { EngineTarget } from "./engine-target.ts";
import { replyBudget } from "./exchange.ts";
import { SpareConnections } from "./spare-connections.ts";

const clock = new FakeClock();
const guard = openGuard();
const replies = replyBudget(clock);
const credentials = { warnings: [] };
const roots = () => [];

function target(port = 2376, tls: object = {}): EngineTarget {
  return {
    endpoint: { kind: "tcp", host: "edge-7", port, scheme: "https", pathPrefix: "" },
    tls: { verify: true, credentials, roots, now: 0, ...tls },
    guard,
    replies,
  };
}

function connection(): EngineAgent & { readonly closed: () => number } {
  let closed = 0;
  const agent = new Agent();
  agent.destroy = () => {
    closed++;
  };
  return {
    agent,
    phase: () => "exchange",
    peerChain: () => undefined,
    refused: () => undefined,
    mayRetry: () => false,
    closed: () => closed,
  };
}

describe("SpareConnections", () => {
  it("hands over a connection once, and leaves it open", async () => {
    const spares = new SpareConnections(clock);
    const left = connection();
    spares.leave("fleet/edge-7", target(), left);
    expect(spares.take("fleet/edge-8", target())).toBeUndefined();
    expect(spares.take("fleet/edge-7", target(2376, { now: 5_000 }))).toBe(left);
    expect(spares.take("fleet/edge-7", target())).toBeUndefined();
    await clock.advance(60_000);
    expect(left.closed()).toBe(0);
  });

  it.each<readonly [string, EngineTarget]>([
    ["another port", target(2377)],
    ["other credentials", target(2376, { credentials: { warnings: [] } })],
    ["another name to verify", target(2376, { serverName: "edge-8" })],
    ["no verification", target(2376, { verify: false })],
    ["other roots", target(2376, { roots: () => [] })],
    ["another guard", { ...target(), guard: openGuard() }],
    ["no TLS", { endpoint: target().endpoint, guard, replies }],
  ])("closes a connection instead of handing it over for %s", (_what, other) => {
    const spares = new SpareConnections(clock);
    const left = connection();
    spares.leave("fleet/edge-7", target(), left);
    expect(spares.take("fleet/edge-7", other)).toBeUndefined();
    expect(left.closed()).toBe(1);
  });

  it("closes a connection that nobody takes, one that is replaced, and all at the end", async () => {
    const spares = new SpareConnections(clock);
    const [first, second, third] = [connection(), connection(), connection()];
    spares.leave("fleet/edge-7", target(), first);
    spares.leave("fleet/edge-7", target(), second);
    expect([first.closed(), second.closed()]).toEqual([1, 0]);
    await clock.advance(10_000);
    expect(second.closed()).toBe(1);
    spares.leave("fleet/edge-7", target(), third);
    spares[Symbol.dispose]();
    expect(third.closed()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it("keeps a bounded number, and those that came first", () => {
    const spares = new SpareConnections(clock);
    const all = Array.from({ length: 60 }, (_, index) => {
      const left = connection();
      spares.leave(`fleet/edge-${index}`, target(), left);
      return left;
    });
    expect(spares.size).toBe(50);
    expect(all.map(({ closed }) => closed()).lastIndexOf(0)).toBe(49);
    spares[Symbol.dispose]();
  });
});
