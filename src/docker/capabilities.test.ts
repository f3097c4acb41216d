import { describe, expect, it } from "vitest";
import { failed, type Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { success } from "../common/result.ts";
import { denialNotice, probeCapabilities, toStatus } from "./capabilities.ts";
import { EngineError } from "./fleet-modem.ts";

const ABSENT = "7".repeat(64);

/** What a daemon says, by the first word of the path. */
type Answers = Readonly<Record<"containers" | "images" | "distribution", Outcome<void>>>;

function answer(reason: Reason, status: number, headers = {}): Outcome<void> {
  return failed(reason, reason, new EngineError("/", { status, headers, body: Buffer.alloc(0) }));
}

const DOCKER = { "api-version": "1.44" };
const BY_PROXY = answer("PermissionDenied", 403);
const BY_PLUGIN = answer("AuthorizationDenied", 403);
const FREE: Answers = {
  containers: answer("DaemonError", 404, DOCKER),
  images: answer("DaemonError", 404, DOCKER),
  distribution: answer("DaemonError", 400, DOCKER),
};

async function probe(answers: Partial<Answers>, paths: string[] = []) {
  return await probeCapabilities(ABSENT, async (path) => {
    paths.push(path);
    const all = { ...FREE, ...answers };
    if (path.startsWith("/containers/json") && answers.containers === undefined) return success(undefined);
    return path.startsWith("/containers") ? all.containers : path.startsWith("/images") ? all.images : all.distribution;
  });
}

describe("probeCapabilities", () => {
  it("requests nothing that exists", async () => {
    const paths: string[] = [];
    const probes = await probe({}, paths);
    expect(paths.map(decodeURIComponent)).toEqual([
      `/containers/json?limit=1&filters={"id":["${ABSENT}"]}`,
      `/containers/${ABSENT}/json`,
      `/images/sha256:${ABSENT}/json`,
      "/distribution/scratch/json",
    ]);
    expect(toStatus(probes)).toEqual({ list: true, inspect: true, imageInspect: true, distribution: true });
  });

  it.each([
    ["a proxy denies it", BY_PROXY, false],
    ["a plugin denies it", BY_PLUGIN, false],
    ["there is no such part, as with Podman", answer("NotADockerEndpoint", 404), false],
    ["the daemon fails", answer("DaemonError", 500, DOCKER), undefined],
    ["a gateway fails", answer("ConnectionFailed", 502), undefined],
    ["the connection is cut", failed("ConnectionReset", "cut"), undefined],
  ])("knows what it can where %s", async (_what, distribution, expected) => {
    expect(toStatus(await probe({ distribution })).distribution).toBe(expected);
  });
});

describe("denialNotice", () => {
  it("says nothing if nothing is denied that is needed", async () => {
    expect(denialNotice(await probe({}))).toBeUndefined();
    expect(denialNotice(await probe({ distribution: BY_PROXY }))).toBeUndefined();
    expect(denialNotice(await probe({ images: answer("ConnectionFailed", 502) }))).toBeUndefined();
  });

  it("names the switches of a proxy, each once", async () => {
    expect(denialNotice(await probe({ containers: BY_PROXY, images: BY_PROXY }))).toBe(
      "a proxy denies listing containers, inspecting containers, images: set CONTAINERS=1 IMAGES=1 (Tecnativa)",
    );
  });

  it("distinguishes a plugin's denials from a proxy's", async () => {
    expect(denialNotice(await probe({ containers: BY_PROXY, images: BY_PLUGIN }))).toBe(
      "a proxy denies listing containers, inspecting containers: set CONTAINERS=1 (Tecnativa); " +
        "an authorization plugin of the daemon denies images",
    );
  });

  it("names what else is needed", async () => {
    expect(denialNotice(await probe({ distribution: BY_PROXY }), ["distribution"])).toBe(
      "a proxy denies asking registries through the daemon: set DISTRIBUTION=1 (Tecnativa)",
    );
  });
});
