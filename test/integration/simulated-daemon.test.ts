import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { ask, json, type RawRequest, type RawResponse } from "../sim/client.ts";
import { type SimDaemon, startSimDaemon } from "../sim/daemon.ts";
import { pullImage } from "../sim/pull.ts";
import { startSimRegistry } from "../sim/registry.ts";
import { shapeDifferences } from "../sim/shape.ts";

const { dockers, registry } = connectEnvironment(inject("environment"));

const engines = [
  {
    label: "Docker 20.10",
    docker: dockers.old,
    key: "old",
    store: "graphdriver",
    apiVersion: "1.41",
    minAPIVersion: "1.12",
  },
  {
    label: "Docker 29",
    docker: dockers.new,
    key: "new",
    store: "containerd",
    apiVersion: "1.52",
    minAPIVersion: "1.40",
  },
] as const;

/** The simulated daemons must not drift away from the real ones: both are asked the same, and their answers compared. */
describe.each(engines)(
  "a simulated daemon compared with a real $label",
  ({ docker, key, store, apiVersion, minAPIVersion }) => {
    const image = `${registry.facts.host}/simulated/${key}:1`;
    const container = `simulated-${key}`;
    let simulated: SimDaemon;
    let ids: { real: string; simulated: string };

    beforeAll(async () => {
      await docker.importImage(image);
      await docker.push(image);
      const realId = await docker.runContainer({ name: container, image, labels: { team: "a" } });
      const source = await startSimRegistry();
      source.push("simulated/app", "1");
      const pulled = pullImage(source, "simulated/app", "1");
      await source.close();
      const simulatedId = "ab".repeat(32);
      simulated = await startSimDaemon({
        engine: { apiVersion, minAPIVersion },
        imageStore: store,
        images: [pulled],
        containers: [
          { id: simulatedId, name: container, image: pulled.tags[0] ?? "", runs: pulled, labels: { team: "a" } },
        ],
      });
      ids = { real: realId.trim(), simulated: simulatedId };
    });

    afterAll(async () => {
      await simulated?.close();
      await docker.removeContainer(container);
    });

    const askBoth = async (path: (id: string) => string, method = "GET") => {
      const { client, host } = docker.facts;
      const real: RawRequest = {
        method,
        ca: client["ca.pem"],
        client: { certPem: client["cert.pem"], keyPem: client["key.pem"] },
      };
      return {
        real: await ask(host.replace("tcp://", "https://") + path(ids.real), real),
        sim: await ask(`http://127.0.0.1:${simulated.port}${path(ids.simulated)}`, { method }),
      };
    };

    it.each([
      ["/version", () => `/v${apiVersion}/version`],
      ["/info", () => `/v${apiVersion}/info`],
      ["/containers/json", () => `/v${apiVersion}/containers/json`],
      ["/containers/json for an id that is not there", () => `/v${apiVersion}/containers/json?filters={"id":["0abc"]}`],
      ["/containers/{id}/json", (id: string) => `/v${apiVersion}/containers/${id}/json`],
      ["/images/json", () => `/v${apiVersion}/images/json?digests=1`],
    ])("answers %s in the real one's form", async (_what, path) => {
      const { real, sim } = await askBoth(path);
      expect(sim.status).toBe(real.status);
      expect(sim.headers["content-type"]).toBe(real.headers["content-type"]);
      expect(shapeDifferences(json(real), json(sim))).toEqual([]);
    });

    it("answers for one image in the real one's form", async () => {
      const { real: list, sim: simList } = await askBoth(() => `/v${apiVersion}/images/json`);
      const [realImage, simImage] = [list, simList].map(
        (reply) => (json(reply) as { Id: string; RepoTags: string[] }[])[0],
      );
      const { real } = await askBoth(() => `/v${apiVersion}/images/${realImage?.Id}/json`);
      const { sim } = await askBoth(() => `/v${apiVersion}/images/${simImage?.Id}/json`);
      expect(shapeDifferences(json(real), json(sim))).toEqual([]);
    });

    it.each(["GET", "HEAD"])("answers a ping by %s with the real one's headers", async (method) => {
      const { real, sim } = await askBoth(() => "/_ping", method);
      expect(sim.status).toBe(real.status);
      expect(sim.body).toBe(real.body);
      for (const header of ["api-version", "ostype", "server", "docker-experimental", "content-type"]) {
        expect([header, typeof sim.headers[header]]).toEqual([header, typeof real.headers[header]]);
      }
    });

    const refused: readonly (readonly [what: string, path: string])[] = [
      ["a container that is not there", `/v${apiVersion}/containers/absent/json`],
      ["an image that is not there", `/v${apiVersion}/images/absent/json`],
      ["a reserved name that no registry has", `/v${apiVersion}/distribution/scratch/json`],
      ["a version that is too new", "/v1.99/version"],
      // Docker 20.10 serves versions so old that it answers for anything below in another form.
      ...(key === "new" ? ([["a version that is too old", "/v1.39/version"]] as const) : []),
    ];

    it.each(refused)("refuses %s as the real one does", async (_what, path) => {
      const { real, sim } = await askBoth(() => path);
      expect(sim.status).toBe(real.status);
      const words = (reply: RawResponse) =>
        (json(reply) as { message: string }).message.replace(/[0-9]+\.[0-9]+/g, "VERSION").toLowerCase();
      // 20.10 says some of it twice.
      expect(words(real)).toContain(words(sim));
    });
  },
);
