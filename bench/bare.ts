import https from "node:https";
import type { Contender, FleetFacts } from "./protocol.ts";

/**
 * The requests that the product makes for a pass and for a check. The harness verifies that all contenders make the same
 * ones.
 */
const PASS = ["/_ping", "/version", "/v1.51/info"];
const CHECK = ["/v1.51/containers/json", "/v1.51/images/json"];

const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/**
 * Measures the least that the same answers can cost: makes the same requests with node:https, and ignores the answers.
 * Like any program without special care, it opens a connection for the pass and another for the check.
 */
export function startBare(facts: FleetFacts): Contender {
  return bareLoop(facts, [PASS, CHECK]);
}

/** The same over one connection, as the product does since the check uses the connection of the pass before it. */
export function startBareOnce(facts: FleetFacts): Contender {
  return bareLoop(facts, [[...PASS, ...CHECK]]);
}

function bareLoop(facts: FleetFacts, sessions: readonly (readonly string[])[]): Contender {
  return {
    beginRound: () => askRegistry(facts),
    async check(index) {
      for (const paths of sessions) {
        const agent = new https.Agent({
          keepAlive: true,
          maxSockets: 1,
          maxCachedSessions: 0,
          ca: facts.ca,
          cert: facts.clientCert,
          key: facts.clientKey,
        });
        for (const path of paths) await get(agent, facts.ports[index] ?? 0, "GET", path);
        agent.destroy();
      }
    },
  };
}

/** Asks once per round for the whole fleet, as the product does. */
async function askRegistry({ registry, tags, ca }: FleetFacts): Promise<void> {
  const agent = new https.Agent({ keepAlive: true, ca });
  const port = Number(registry.split(":")[1]);
  await Promise.all(
    tags.map(([repository, tag]) => get(agent, port, "HEAD", `/v2/${repository}/manifests/${tag}`, MANIFEST_TYPES)),
  );
  agent.destroy();
}

function get(agent: https.Agent, port: number, method: string, path: string, accept = "*/*"): Promise<void> {
  return new Promise((resolve, reject) => {
    https
      .request({ agent, host: "127.0.0.1", port, method, path, headers: { accept } }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`${path} answered ${response.statusCode}`));
        response.on("data", () => {}).once("end", resolve);
        response.once("error", reject);
      })
      .once("error", reject)
      .end();
  });
}
