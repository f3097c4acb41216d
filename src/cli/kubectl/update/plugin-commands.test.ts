import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fakeCli } from "../../../../test/support/cli.ts";
import { containerUpdate, DIGEST, updatableHost } from "../../../../test/support/container-update.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { FakeApiServer } from "../../../../test/support/fake-api-server.ts";
import { plain } from "../../condition-lines.ts";
import { runKubectlPlugin } from "../plugin-program.ts";
import { orderLines } from "./order-lines.ts";
import { updateName } from "./update-objects.ts";

const FLEET = "/apis/dockerhost.dev/v1alpha1/namespaces/fleet";
const HOST = `${FLEET}/dockerhosts/edge-7`;
const UPDATES = `${FLEET}/containerupdates`;
const OLD = `sha256:${"a".repeat(64)}`;
const api = new FakeApiServer();

let folder: string;

beforeAll(async () => {
  await api.start();
  folder = await mkdtemp(join(tmpdir(), "plugin-commands-"));
  const kubeconfig = {
    clusters: [{ name: "fake", cluster: { server: api.cluster.server } }],
    users: [{ name: "fake", user: {} }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
    "current-context": "fake",
  };
  await writeFile(join(folder, "config"), JSON.stringify(kubeconfig));
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  for (const { metadata } of created()) api.delete(`${UPDATES}/${metadata.name}`);
  api.requests.length = 0;
  const before = { image: "shop/web:1", imageID: "sha256:old", digest: OLD };
  const ended = { phase: "Succeeded", completionTime: "2026-01-01T00:00:00Z", before } as const;
  api.put(`${UPDATES}/web`, containerUpdate({}, { ...ended, after: { digest: DIGEST } }));
  allowUpdates(true);
});

function allowUpdates(isAllowed: boolean): void {
  const host = updatableHost({ allowUpdates: isAllowed });
  const items = [
    { container: "web", image: "shop/web:1", verdict: "Outdated", running: DIGEST, available: OLD },
  ] as const;
  const updates = { items: [...items] };
  api.put(HOST, { ...host, status: { ...host.status, updates } });
}

function created() {
  return api.requests
    .filter(({ method }) => method === "POST")
    .map(({ body }) => body as ReturnType<typeof containerUpdate>);
}

/** The requests that are not reads. */
function changes(): readonly string[] {
  return api.requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
}

function run(args: readonly string[], signal = new AbortController().signal) {
  const context = fakeCli({ signal });
  const flags = ["-n", "fleet", "--kubeconfig", join(folder, "config")];
  return { context, code: runKubectlPlugin([...args, ...flags], context, "1.2.3") };
}

describe("a dry run of", () => {
  it.each([
    ["rollback", ["rollback", "edge-7", "web"], DIGEST, OLD],
    ["update", ["update", "edge-7", "web", "--digest", OLD], DIGEST, OLD],
  ])("%s shows the plan, changes nothing and says so", async (_, args, from, to) => {
    const { context, code } = run([...args, "--dry-run"]);
    expect([await code, context.stderr.text]).toEqual([0, ""]);
    expect(context.stdout.text).toContain(`from     ${from.slice(0, 19)}`);
    expect(context.stdout.text).toContain(`to       ${to.slice(0, 19)}`);
    expect(context.stdout.text).toContain("This is a dry run: nothing was changed.");
    expect(changes()).toEqual([]);
  });

  it("rollback warns if the host does not allow updates", async () => {
    allowUpdates(false);
    const { context, code } = run(["rollback", "edge-7", "web", "--dry-run"]);
    expect([await code, context.stderr.text]).toEqual([0, expect.stringContaining("does not allow updates")]);
    expect(changes()).toEqual([]);
  });
});

it("a plan says which hooks are run and what is removed afterwards", () => {
  const order = { container: "web", image: "shop/web:1", digest: OLD };
  const textOf = (terms: Parameters<typeof orderLines>[3]) =>
    orderLines("fleet/edge-7", [order], [], terms, { width: 80, paint: plain }).join(" ");
  const both = textOf({ hooks: true, removeOldImage: true });
  expect(both.replace(/\s+/g, " ")).toContain("Its image is removed afterwards, unless something else uses it.");
  expect(both.replace(/\s+/g, " ")).toContain("The lifecycle hooks in the labels of containers are run.");
  expect(textOf({})).not.toMatch(/hooks|removed/);
});

describe("Ctrl-C", () => {
  it.each([
    ["update", ["update", "edge-7", "web", "--digest", OLD]],
    ["rollback", ["rollback", "edge-7", "web"]],
  ])("only stops following what %s has created, and shows how to cancel it", async (_, args) => {
    const stop = new AbortController();
    const { context, code } = run(args, stop.signal);
    await eventually(() => expect(context.stderr.text).toContain("created"));
    await eventually(() => expect(api.openWatches).toBe(1));
    stop.abort();
    expect(await code).toBe(1);
    const [name] = created().map(({ metadata }) => metadata.name);
    const text = context.stderr.text.replace(/\s+/g, " ");
    expect(text).toContain(`Stopped watching: ${name}.`);
    expect(text).toContain(`kubectl patch containerupdate ${name} -n fleet --type=merge -p '{"spec":{"cancel":true}}'`);
    expect(changes()).toEqual([`POST ${UPDATES}`]);
    expect(api.get(`${UPDATES}/${name}`)).toMatchObject({ spec: { container: "web", digest: OLD } });
  });
});

describe("an update that exists already", () => {
  const args = ["update", "edge-7", "web", "--digest", OLD];

  it("is followed while it is in progress, instead of a second one", async () => {
    const first = run(args, AbortSignal.timeout(60_000));
    await eventually(() => expect(first.context.stderr.text).toContain("created"));
    const [{ metadata } = containerUpdate()] = created();
    const second = run([...args, "--timeout", "10m"]);
    await eventually(() => expect(second.context.stderr.text).toContain("is already in progress"));
    await eventually(() => expect(api.openWatches).toBe(2));
    const status = { phase: "Succeeded", completionTime: "2026-01-01T00:00:00Z" } as const;
    api.put(`${UPDATES}/${metadata.name}`, containerUpdate({ digest: OLD }, status, { name: metadata.name }));
    expect([await first.code, await second.code]).toEqual([0, 0]);
    expect(second.context.stderr.text).toContain(`containerupdate/${metadata.name} is already in progress`);
  });

  it("is ordered again once it has ended, under another name", async () => {
    const name = updateName("edge-7", { container: "web", image: "shop/web:1", digest: OLD });
    const ended = { phase: "RolledBack", completionTime: "2026-01-01T00:00:00Z" } as const;
    api.put(`${UPDATES}/${name}`, containerUpdate({ digest: OLD }, ended, { name }));
    const stop = new AbortController();
    const { context, code } = run(args, stop.signal);
    await eventually(() => expect(context.stderr.text).toMatch(/containerupdate\/edge-7-web-[0-9a-f]{8} created/));
    expect(context.stderr.text).not.toContain(name);
    stop.abort();
    expect(await code).toBe(1);
    api.delete(`${UPDATES}/${name}`);
  });
});

describe("update --all", () => {
  type End = Pick<NonNullable<ReturnType<typeof containerUpdate>["status"]>, "phase" | "downtime"> & {
    readonly says: string;
  };
  const ENDS = {
    succeeds: { phase: "Succeeded", downtime: "1.8s", says: `Container api runs ${OLD}` },
    "is rolled back": {
      phase: "RolledBack",
      says: "The old container is back as it was. The new container db ended (exit code 7). Correct the image, then create another ContainerUpdate",
    },
    fails: {
      phase: "Failed",
      says: "The disk of the host is full. Free some space, then create another ContainerUpdate",
    },
  } as const satisfies Readonly<Record<string, End>>;
  type Fate = keyof typeof ENDS | "is refused" | "is lost";
  const isEnd = (fate: Fate): fate is keyof typeof ENDS => Object.hasOwn(ENDS, fate);
  const DENIED = {
    kind: "status",
    status: 403,
    message: `admission webhook "images.example.com" denied the request: the image of this container is not signed by anybody whom this cluster trusts`,
  } as const;

  /** Orders an update of each container, which then ends as its fate is. */
  async function updateAll(fates: Readonly<Record<string, Fate>>) {
    const names = Object.keys(fates);
    const host = updatableHost();
    const items = names.map((container) => ({
      ...{ container, image: `registry.example.com/shop/${container}:1`, running: DIGEST, available: OLD },
      verdict: "Outdated" as const,
    }));
    const upToDate = { container: "cache", image: "redis:8", verdict: "UpToDate" } as const;
    api.put(HOST, { ...host, status: { ...host.status, updates: { items: [...items, upToDate] } } });
    for (const [name, fate] of Object.entries(fates)) {
      const isIt = ({ method, body }: { method: string; body: unknown }) =>
        method === "POST" && (body as ReturnType<typeof containerUpdate>).metadata.name.startsWith(`edge-7-${name}-`);
      if (fate === "is refused") api.fail(isIt, DENIED);
      if (fate === "is lost") api.fail(isIt, { kind: "status", status: 503, message: "no leader" }, 20);
    }
    const context = fakeCli({ terminal: true, columns: 80, env: { NO_COLOR: "1" } });
    const flags = ["-n", "fleet", "--kubeconfig", join(folder, "config")];
    const code = runKubectlPlugin(["update", "edge-7", "--all", "--yes", ...flags], context, "1.2.3");
    const lost = names.findIndex((name) => fates[name] === "is lost");
    for (const name of lost < 0 ? names : names.slice(0, lost)) {
      const fate = fates[name];
      if (fate === undefined || !isEnd(fate)) continue;
      const isOf = ({ metadata }: ReturnType<typeof containerUpdate>) => metadata.name.startsWith(`edge-7-${name}-`);
      await eventually(() => expect(created().some(isOf)).toBe(true));
      const { phase, says, ...details } = ENDS[fate];
      const ready = { type: "Ready", status: phase === "Succeeded" ? "True" : "False", reason: "A", message: says };
      const conditions = [{ ...ready, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z" }];
      const status = { phase, ...details, completionTime: "2026-01-01T00:00:00Z", conditions } as never;
      const object = created().find(isOf) ?? containerUpdate();
      await eventually(() => expect(api.get(`${UPDATES}/${object.metadata.name}`)).toBeDefined());
      api.put(`${UPDATES}/${object.metadata.name}`, { ...object, status });
    }
    const ended = await code;
    api.forgive();
    const stderr = context.stderr.text
      .replace(/-[0-9a-f]{8} /g, "-00000000 ")
      .trimEnd()
      .split("\n");
    for (const line of [...stderr, ...context.stdout.text.split("\n")])
      expect(line.length, line).toBeLessThanOrEqual(80);
    return { code: ended, stdout: context.stdout.text.trimEnd().split("\n"), stderr };
  }

  it("follows every update although one is refused, one fails and one is rolled back", async () => {
    const { code, stdout, stderr } = await updateAll({
      api: "succeeds",
      auth: "is refused",
      db: "is rolled back",
      web: "fails",
    });
    expect(code).toBe(1);
    expect(stdout.slice(0, 10)).toEqual([
      "fleet/edge-7: 4 containers will be updated.",
      "",
      "api        registry.example.com/shop/api:1",
      "           sha256:dddddddddddd to sha256:aaaaaaaaaaaa",
      "auth       registry.example.com/shop/auth:1",
      "           sha256:dddddddddddd to sha256:aaaaaaaaaaaa",
      "db         registry.example.com/shop/db:1",
      "           sha256:dddddddddddd to sha256:aaaaaaaaaaaa",
      "web        registry.example.com/shop/web:1",
      "           sha256:dddddddddddd to sha256:aaaaaaaaaaaa",
    ]);

    expect(stdout.slice(-3)).toEqual(["api: Container api runs", `${OLD} (down`, "for 1.8s)."]);
    expect(stderr).toEqual([
      "containerupdate/edge-7-api-00000000 created",
      "error: auth: no update was created: POST",
      "/apis/dockerhost.dev/v1alpha1/namespaces/fleet/containerupdates: 403: admission",
      'webhook "images.example.com" denied the request: the image of this container is',
      "not signed by anybody whom this cluster trusts",
      "containerupdate/edge-7-db-00000000 created",
      "containerupdate/edge-7-web-00000000 created",
      "error: db: RolledBack: The old container is back as it was. The new container db",
      "ended (exit code 7). Correct the image, then create another ContainerUpdate",
      "error: web: Failed: The disk of the host is full. Free some space, then create",
      "another ContainerUpdate",
    ]);
    expect(created().map(({ spec }) => (spec as { container: string }).container)).toEqual([
      "api",
      "auth",
      "db",
      "web",
    ]);
  });

  it.each([
    [4, { api: "succeeds", db: "is rolled back" }],
    [1, { api: "is refused", db: "is rolled back" }],
    [1, { api: "fails", db: "is rolled back" }],
    [1, { api: "is refused", web: "is refused" }],
    [0, { api: "succeeds" }],
    [0, {}],
  ] as const)("exits with %i for %j", async (code, fates) => {
    expect((await updateAll(fates)).code).toBe(code);
  });

  it("does not try the rest if the API server does not answer, and follows what was created", async () => {
    const { code, stdout, stderr } = await updateAll({ api: "succeeds", db: "is lost", web: "succeeds", x: "fails" });
    expect(code).toBe(1);
    expect(stderr).toContain("error: Not tried: web, x");
    expect(stdout.join(" ")).toContain(`Container api runs`);
  });
});
