import type { DockerHostObject } from "../../src/api/docker-host.ts";
import { systemClock } from "../../src/common/clock.ts";
import { silentLogger } from "../../src/common/logger.ts";
import { servePage } from "../../src/page/page-server.ts";
import { Store } from "../../src/runtime/store.ts";
import { type PageShape, pageHosts } from "./hosts.ts";

// Serves the page about a fleet in its own process, so that only its work is counted. The first message contains the
// shape of the fleet and is answered with the port. Each further message is answered with the time of CPU so far.
process.once("message", async (shape: PageShape) => {
  const hosts = new Store<DockerHostObject>();
  hosts.replace(pageHosts(shape, systemClock.now()));
  const { signal } = new AbortController();
  const parts = { hosts, clock: systemClock, random: Math.random, logger: silentLogger };
  const served = await servePage({ host: "127.0.0.1", port: 0, signal, ...parts });
  if (!served.ok) throw new Error(served.failure);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1_000);
  });
  process.send?.(served.value.port);
});
