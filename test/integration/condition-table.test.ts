import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { API_VERSION } from "../../src/api/group.ts";
import { execute, run } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { KubeApi } from "../support/kube-api.ts";
import { isSuspended, type Situated } from "../support/situated.ts";
import { SITUATIONS, type Situation, situated, WAITS, type Wait, well } from "../support/situations.ts";
import { hostManifest, TestNamespace } from "./cluster.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);
const FINALIZER = "test.example.com/kept";
const FIELD_MANAGER = "dockerhost-connection";

/** The situations of the table as objects of a real API server, for the tools that people wait with. */
describe("the table of conditions", () => {
  const api = new KubeApi(kube.facts);
  const met = new Map<Wait, readonly string[]>();
  let namespace: TestNamespace;
  let stored: readonly Situated[];
  let kstatuses: readonly string[];

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    await Promise.all(SITUATIONS.map((situation) => arrange(api, namespace.name, situation)));
    await Promise.all(WAITS.map(async (wait) => met.set(wait, await hostsThatMeet(wait))));
    stored = await Promise.all(SITUATIONS.map(({ name }) => namespace.host(objectName(name))));
    kstatuses = (await run(environment.programs.kstatus, [], { input: JSON.stringify(stored) })).trim().split("\n");
  });

  afterAll(async () => {
    for (const { name, host } of SITUATIONS) {
      const { deletionTimestamp } = host.metadata;
      if (deletionTimestamp !== undefined)
        await api.patch(pathOf(namespace.name, name), { metadata: { finalizers: null } });
    }
    await namespace.delete();
    api[Symbol.dispose]();
  });

  /** Those of all hosts for which `kubectl wait` would end. Without a timeout it looks once, so that nothing is a race. */
  async function hostsThatMeet(wait: Wait): Promise<readonly string[]> {
    const { stdout, stderr } = await kubectl("wait", "dockerhosts", "--all", `--for=condition=${wait}`, "--timeout=0");
    expect(stderr.trim().split("\n")).toEqual(
      expect.arrayContaining([expect.stringMatching(/^condition not met for dockerhosts\//)]),
    );
    return [...stdout.matchAll(/^dockerhost\.dockerhost\.dev\/(\S+) condition met$/gm)].map(([, name = ""]) => name);
  }

  function kubectl(...args: readonly string[]) {
    const { kubeconfig, server } = kube.facts;
    const env = { PATH: process.env.PATH, HOME: server.runFolder, KUBECONFIG: kubeconfig };
    return execute(kube.facts.kubectl, ["-n", namespace.name, ...args], { env });
  }

  it.each(SITUATIONS)("is what kubectl wait and kstatus go by: $name", ({ name, host, waits, kstatus }) => {
    const index = SITUATIONS.findIndex((situation) => situation.name === name);
    expect(stored[index]).toMatchObject({
      metadata: { generation: host.metadata.generation },
      status: { observedGeneration: host.status?.observedGeneration },
    });
    expect(WAITS.filter((wait) => met.get(wait)?.includes(objectName(name)))).toEqual(waits);
    expect(kstatuses[index]).toBe(kstatus);
  });

  it("a condition of an older generation is waited for until the newest is answered; jsonpath looks at none", async () => {
    const name = "awaited";
    const older = { name, host: situated(well, { generation: 2, observed: 1 }) };
    await arrange(api, namespace.name, older);
    const target = `dockerhost/${name}`;
    const reason = `jsonpath={.status.conditions[?(@.type=="Ready")].reason}=Succeeded`;
    expect(await kubectl("wait", target, `--for=${reason}`, "--timeout=0")).toMatchObject({ code: 0 });
    const byGeneration = ["--for=jsonpath={.status.observedGeneration}=2", "--for=condition=Ready"];
    for (const flag of byGeneration) {
      expect(await kubectl("wait", target, flag, "--timeout=0")).toMatchObject({
        code: 1,
        stderr: `error: condition not met for dockerhosts/${name}\n`,
      });
    }
    const waiting = byGeneration.map((flag) => kubectl("wait", target, flag, "--timeout=60s"));
    const answered = situated(
      well.map((each) => ({ ...each, observedGeneration: 2 })),
      { generation: 2 },
    );
    await writeStatus(api, namespace.name, { name, host: answered });
    for (const ended of waiting) expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });
});

type Example = Pick<Situation, "name" | "host">;

/** Brings an object into a situation as it comes about: generations by changes of the spec, then the controller's status. */
async function arrange(api: KubeApi, namespace: string, { name, host }: Example): Promise<void> {
  const path = pathOf(namespace, name);
  const { generation = 1, deletionTimestamp } = host.metadata;
  const deleting = deletionTimestamp !== undefined;
  const manifest = hostManifest(objectName(name), { interval: "1h", suspend: isSuspended(host) });
  const metadata = { ...manifest.metadata, ...(deleting && { finalizers: [FINALIZER] }) };
  await api.create(path.slice(0, path.lastIndexOf("/")), { ...manifest, metadata });
  if (deleting) await api.delete(path);
  else if (generation === 2) await api.patch(path, { spec: { interval: "2h" } });
  if (host.status?.observedGeneration !== -1) await writeStatus(api, namespace, { name, host });
}

async function writeStatus(api: KubeApi, namespace: string, { name, host }: Example): Promise<void> {
  const body = {
    apiVersion: API_VERSION,
    kind: "DockerHost",
    metadata: { name: objectName(name) },
    status: host.status,
  };
  await api.apply(`${pathOf(namespace, name)}/status`, body, FIELD_MANAGER);
}

function pathOf(namespace: string, name: string): string {
  return `/apis/${API_VERSION}/namespaces/${namespace}/dockerhosts/${objectName(name)}`;
}

function objectName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
