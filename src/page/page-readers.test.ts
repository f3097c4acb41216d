import { connect, type Socket } from "node:net";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { systemClock } from "../common/clock.ts";
import { silentLogger } from "../common/logger.ts";
import { Store } from "../runtime/store.ts";
import { servePage } from "./page-server.ts";

const hosts = new Store<DockerHostObject>();
const HOSTS = 6_000;
const MOST_FOLLOWERS = 128;

/** A page about them is larger than what the system keeps for a reader who reads nothing. */
beforeEach(() =>
  hosts.replace(
    [...Array(HOSTS).keys()].map((index) => {
      const status = { conditions: [condition("Ready", "False", "Refused", { message: "m".repeat(2_000) })] };
      const host = dockerHost({ status });
      return { ...host, metadata: { ...host.metadata, name: `edge-${index}` } };
    }),
  ),
);

/** A page that is served as in production, except for the number of bytes that it holds for slow readers. */
async function start(): Promise<{ readonly port: number; readonly url: string }> {
  const stop = new AbortController();
  const parts = { hosts, clock: systemClock, random: () => 0.5, logger: silentLogger, maxHeldBytes: 1_000_000 };
  const served = await servePage({ host: "127.0.0.1", port: 0, signal: stop.signal, ...parts });
  if (!served.ok) throw new Error(served.failure);
  onTestFinished(async () => {
    stop.abort();
    await served.value.closed;
  });
  return { port: served.value.port, url: `http://127.0.0.1:${served.value.port}` };
}

/** Sends a request, and resolves to the status of the answer, of which nothing more is read. */
function begin(
  port: number,
  path: string,
  headers = "",
): Promise<{ readonly status: number; readonly socket: Socket }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; socket: Socket }>();
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", reject);
  socket.once("data", (data) => {
    socket.pause();
    resolve({ status: Number(/^HTTP\/1.1 (\d+)/.exec(data.toString("latin1"))?.[1]), socket });
  });
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`);
  return promise;
}

describe("the page with readers who do not read", () => {
  it("holds no more pages for them than its limit, and is there for all again when they have gone", async () => {
    const { port, url } = await start();
    const slow = await Promise.all([begin(port, "/"), begin(port, "/"), begin(port, "/?")]);
    expect(slow.map(({ status }) => status)).toEqual([200, 200, 200]);

    const refused = await fetch(`${url}/?q=edge`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    // Who wants what is held already gets it, and so does who follows the fleet.
    const another = await begin(port, "/");
    expect([another.status, (await begin(port, "/events")).status]).toEqual([200, 200]);

    for (const { socket } of [...slow, another]) socket.destroy();
    await expect.poll(async () => (await begin(port, "/?q=no-such-host")).status).toBe(200);
  });

  it("serves pages while as many follow the fleet as may, and lets another follow when one has gone", async () => {
    hosts.replace([dockerHost()]);
    const { port, url } = await start();
    const followers = await Promise.all([...Array(MOST_FOLLOWERS)].map(() => begin(port, "/events")));
    expect(followers.filter(({ status }) => status !== 200)).toEqual([]);
    expect((await begin(port, "/events")).status).toBe(503);
    hosts.replace([dockerHost({ generation: 2 })]);
    expect((await fetch(url)).status).toBe(200);
    followers[0]?.socket.destroy();
    await expect.poll(async () => (await begin(port, "/events")).status).toBe(200);
  });

  it("refuses very large headers", async () => {
    const { port, url } = await start();
    expect((await begin(port, "/certificates", `x: ${"y".repeat(20_000)}\r\n`)).status).toBe(431);
    expect((await fetch(`${url}/certificates`)).status).toBe(200);
  });
});
