import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { run } from "../../env/binaries/run-command.ts";
import { setUpBinaries } from "../../env/binaries.ts";
import { each, engines, IDLE_COMMAND, onBoth, ReplacementWorld, type VersionedImage } from "./world.ts";

const PROJECT = "shop";
const SERVICES = ["cache", "web", "worker"] as const;

/** A daemon on which the real Docker Compose has brought up a project. */
class ComposeWorld extends ReplacementWorld {
  /** Brings the project up; the result is the image of `web`. */
  async setUp(): Promise<VersionedImage> {
    const web = await this.versions("composed-web", [IDLE_COMMAND]);
    const others = await this.versions("composed-others", [IDLE_COMMAND]);
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, "compose.yaml"), this.#project(web.name, others.name));
    await this.compose("up", "--detach");
    return web;
  }

  /** What it says about its work. */
  async compose(...args: readonly string[]): Promise<string> {
    const { compose } = await setUpBinaries({ log: () => undefined, environment: process.env });
    const { socket } = this.docker.facts;
    // The user's own contexts and logins stay out of it.
    const env = { PATH: process.env.PATH, HOME: this.#folder, DOCKER_HOST: `unix://${socket}` };
    const flags = ["--project-directory", this.#folder, "--ansi", "never", "--progress", "plain"];
    return await run(compose, [...flags, ...args], { env });
  }

  /** Name, id and time of the start of each container of the project. */
  async state(): Promise<ReadonlyMap<string, string>> {
    const names = SERVICES.map((service) => `${PROJECT}-${service}-1`);
    const all = await Promise.all(names.map(async (name) => [name, await this.inspect(name)] as const));
    return new Map(all.map(([name, { Id, State }]) => [name, `${Id} ${JSON.stringify(State)}`]));
  }

  get #folder(): string {
    return join(this.docker.facts.dockerd.runFolder, `compose-${this.key}`);
  }

  #project(web: string, others: string): string {
    // The networks of both daemons are this machine's.
    const subnet = this.key === "old" ? "172.31.121.0/24" : "172.31.122.0/24";
    return `name: ${PROJECT}
services:
  cache: {image: "${others}", volumes: ["data:/data"]}
  web:
    image: "${web}"
    environment: {A: "1"}
    depends_on: [cache]
    restart: always
  worker:
    image: "${others}"
    depends_on: {web: {condition: service_started, restart: true}}
volumes: {data: {}}
networks: {default: {ipam: {config: [{subnet: ${subnet}}]}}}
`;
  }
}

describe("a Compose project of three services on both engines", () => {
  const worlds = engines.map((engine) => new ComposeWorld(engine));

  afterAll(() => each(worlds, (world) => world.compose("down", "--volumes", "--timeout=1")));

  onBoth(worlds, "is left alone by the next `docker compose up` after one of them was updated", async (world) => {
    const { name, second } = await world.setUp();
    const before = await world.state();
    const result = await world.update(world.request(`${PROJECT}-web-1`, name, second));
    expect(result).toMatchObject({ kind: "Succeeded", warnings: [] });
    const updated = await world.state();
    expect(updated.get("shop-cache-1")).toBe(before.get("shop-cache-1"));
    expect(updated.get("shop-web-1")).not.toBe(before.get("shop-web-1"));
    // It was restarted, as its Compose file wants it.
    expect(updated.get("shop-worker-1")).not.toBe(before.get("shop-worker-1"));
    await world.compose("up", "--detach");
    expect(await world.state()).toEqual(updated);
  });
});
