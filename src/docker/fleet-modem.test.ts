import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import type { EngineReply } from "./exchange.ts";
import { EngineError, FleetModem } from "./fleet-modem.ts";

/** A dockerode client whose requests are noted and answered with this. */
function client(reply: Partial<EngineReply> & { readonly json?: unknown } = {}) {
  const paths: string[] = [];
  const options: Docker.DockerOptions & { modem: FleetModem } = {
    modem: new FleetModem("1.44", async (path) => {
      paths.push(path);
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(reply.json ?? {})), ...reply };
    }),
  };
  return { docker: new Docker(options), paths };
}

describe("FleetModem", () => {
  it("names the agreed version in every path, and the query only if there is one", async () => {
    const { docker, paths } = client({ json: [] });
    await docker.info();
    await docker.getContainer("abc").inspect();
    await docker.listImages();
    await docker.listImages({ digests: true });
    await docker.listContainers({ filters: { status: ["running"] } });
    expect(paths).toEqual([
      "/v1.44/info",
      "/v1.44/containers/abc/json",
      "/v1.44/images/json",
      "/v1.44/images/json?digests=true",
      `/v1.44/containers/json?filters=${encodeURIComponent('{"status":["running"]}')}`,
    ]);
  });

  it("gives dockerode the answer as it is, and the caller reads it in slices", async () => {
    expect(await client({ json: { ID: "abc" } }).docker.info()).toMatchObject({ body: Buffer.from('{"ID":"abc"}') });
  });

  it("gives an answer with another status as an error that holds it", async () => {
    const { docker } = client({ status: 404, json: { message: "No such container: abc" } });
    const error: unknown = await docker
      .getContainer("abc")
      .inspect()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ path: "/v1.44/containers/abc/json", reply: { status: 404 } });
  });

  it("passes on what the transport throws", async () => {
    const failing = new FleetModem("1.44", () => Promise.reject(new Error("no transport")));
    const options: Docker.DockerOptions & { modem: FleetModem } = { modem: failing };
    await expect(new Docker(options).info()).rejects.toThrow("no transport");
  });

  it("sends nothing that would change a host", async () => {
    const { docker, paths } = client();
    await expect(docker.getContainer("abc").stop()).rejects.toThrow("POST is not sent");
    await expect(docker.getImage("abc").remove()).rejects.toThrow("DELETE is not sent");
    expect(paths).toEqual([]);
  });
});
