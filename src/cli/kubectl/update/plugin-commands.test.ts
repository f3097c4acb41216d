import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fakeCli } from "../../../../test/support/cli.ts";
import { containerUpdate, DIGEST, updatableHost } from "../../../../test/support/container-update.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { FakeApiServer } from "../../../../test/support/fake-api-server.ts";
import { runKubectlPlugin } from "../plugin-program.ts";
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
