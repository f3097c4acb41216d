import { describe, expect, it } from "vitest";
import { dockerHost } from "../../../test/support/docker-host.ts";
import { chooseHost, refuseMisplaced } from "./choose-host.ts";

const host = (namespace: string, name: string) => {
  const object = dockerHost();
  return { ...object, metadata: { ...object.metadata, namespace, name } };
};
const HOSTS = [host("fleet", "edge-7"), host("fleet", "edge-8"), host("lab", "edge-8")];
const FILES = { filename: ["fleet/"] };

describe("the operands of an update", () => {
  it("name the host first with -f, and only containers without", () => {
    const chosen = chooseHost(["edge-7", "web", "api"], HOSTS, FILES);
    expect([chosen.host.metadata.name, chosen.containers]).toEqual(["edge-7", ["web", "api"]]);
    expect(chooseHost(["edge-7", "web"], HOSTS.slice(0, 1), {}).containers).toEqual(["edge-7", "web"]);
  });

  it("name a host with its namespace if that is needed", () => {
    expect(chooseHost(["lab/edge-8", "web"], HOSTS, FILES).host).toBe(HOSTS[2]);
    expect(() => chooseHost(["edge-8", "web"], HOSTS, FILES)).toThrow("fleet/edge-8, lab/edge-8");
  });

  it("may leave out a host with --all if there is only one", () => {
    expect(chooseHost([], HOSTS.slice(0, 1), { ...FILES, all: true }).host).toBe(HOSTS[0]);
    expect(() => chooseHost([], HOSTS, { ...FILES, all: true })).toThrow("Name the host to update");
  });

  it.each([
    [["fleet/"], {}, "fleet/ is a path, not the name of a container; did you mean -f fleet/?"],
    [["web", "./compose.yaml"], {}, "./compose.yaml is a path"],
    [
      ["tcp://edge-7:2376", "web"],
      {},
      "is an address, not the name of a container; did you mean --host tcp://edge-7:2376?",
    ],
    [["tcp://edge-7", "web"], FILES, "tcp://edge-7 is an address"],
    [["lab/edge-8", "fleet/"], FILES, "fleet/ is a path"],
  ])("that are what a flag has to name are refused: %j with %j", (operands, options, words) => {
    expect(() => refuseMisplaced(operands, options)).toThrow(words);
  });

  it.each([
    [["lab/edge-8", "web"], FILES],
    [["web", "web.yaml"], {}],
    [[], {}],
  ])("that can be names are not refused: %j with %j", (operands, options) => {
    expect(() => refuseMisplaced(operands, options)).not.toThrow();
  });

  it.each([
    [["nowhere", "web"], {}, 'There is no DockerHost "nowhere"'],
    [["edge-7"], {}, "Name the containers to update, or use --all"],
    [["edge-7", "web"], { all: true }, "not both"],
    [["edge-7", "web", "api"], { digest: "sha256:a" }, "--digest is for one container"],
    [["edge-7"], { all: true, digest: "sha256:a" }, "--digest is for one container"],
  ] as const)("%j with %j are refused", (operands, options, words) => {
    expect(() => chooseHost(operands, HOSTS, { ...FILES, ...options })).toThrow(words);
  });
});
