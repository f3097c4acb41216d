import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { TestNamespace } from "./cluster.ts";
import { releaseAccount } from "./controller-account.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube } = connectEnvironment(inject("environment"));
const SPEC = { host: "tcp://127.0.0.1:9", timeout: "5s" };
const REFUSED = { type: "Connected", status: "False", reason: "ConnectionRefused" } as const;
/** A collection that is refused is tried again within 30 s. */
const JOINS_WITHIN_MS = 60_000;

describe("controllers of several namespaces", () => {
  const programs: Program[] = [];
  let namespaces: readonly [TestNamespace, TestNamespace, TestNamespace];
  let hosts = 0;

  beforeAll(async () => {
    const create = () => TestNamespace.create(kube);
    namespaces = [await create(), await create(), await create()];
  });

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.stop()));
  });

  afterAll(async () => {
    await Promise.all((namespaces ?? []).map((namespace) => namespace.delete()));
  });

  function start(kubeconfig: string, watched: readonly string[], lease = "operator-dockerhost-operator"): Program {
    const program = Program.start([
      ...["controller", "--kubeconfig", kubeconfig, "--watch-namespaces", watched.join(","), ...LOOPBACK],
      ...["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--watch-inactivity-limit", "2s"],
      ...["--enable-leader-election", "--leader-election-name", lease],
      ...["--leader-election-namespace", namespaces[0].name],
    ]);
    programs.push(program);
    return program;
  }

  /** Applies a new host, and waits until a controller has tried to connect to it. */
  async function isProcessed(namespace: TestNamespace, ms?: number): Promise<void> {
    const name = `host-${hosts++}`;
    await namespace.applyHost(name, SPEC);
    await namespace.waitFor(name, REFUSED, ms);
  }

  /** Takes the rights in one namespace, as whoever deletes it does. Returns what gives them back. */
  async function takeRights(namespace: TestNamespace): Promise<() => Promise<void>> {
    const bindings = JSON.parse(await namespace.kubectl("get", "rolebindings", "-o", "json")) as {
      items: readonly { metadata: { name: string }; roleRef: object; subjects: object }[];
    };
    const user = `system:serviceaccount:${namespaces[0].name}:operator-dockerhost-operator`;
    const mayList = () =>
      namespace.kubectl("auth", "can-i", "list", "dockerhosts.dockerhost.dev", "--as", user).then(
        () => true,
        () => false,
      );
    await namespace.kubectl("delete", "rolebindings", "--all");
    await waitUntil("the rights to be gone", 30_000, async () => !(await mayList()));
    return async () => {
      const head = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" };
      await namespace.apply(
        ...bindings.items.map(({ metadata: { name }, roleRef, subjects }) => ({
          ...head,
          metadata: { name },
          roleRef,
          subjects,
        })),
      );
      await waitUntil("the rights to be back", 30_000, mayList);
    };
  }

  const isNamed = (program: Program, namespace: TestNamespace) =>
    waitUntil("the namespace to be named", 30_000, async () => {
      const details = await program.probe("/readyz?verbose");
      return details.startsWith("200 ") && details.includes(`namespace ${namespace.name}: `);
    });

  it("work on the others while one may not be listed: at start, in steady state and at failover", async () => {
    const [one, two, three] = namespaces;
    const watched = namespaces.map(({ name }) => name) as [string, string, string];
    const kubeconfig = await releaseAccount(kube, { watchNamespaces: watched });

    let giveBack = await takeRights(two);
    const first = start(kubeconfig, watched);
    await first.says("Starting the workers");
    for (const namespace of [one, three]) await isProcessed(namespace);
    await isNamed(first, two);
    const failing = `reflector_failing{kind="DockerHost",watched_namespace="${two.name}"}`;
    expect(await first.metrics()).toContain(`${failing} 1`);
    expect(await first.probe("/livez")).toBe("200 ok\n");
    await giveBack();
    await isProcessed(two, JOINS_WITHIN_MS);
    expect(await first.metrics()).toContain(`${failing} 0`);

    giveBack = await takeRights(two);
    await isNamed(first, two);
    for (const namespace of [one, three]) await isProcessed(namespace);
    await giveBack();
    await isProcessed(two, JOINS_WITHIN_MS);

    const second = start(kubeconfig, watched);
    await second.says("Waiting to lead");
    giveBack = await takeRights(two);
    expect(await first.stop()).toBe(0);
    await second.says("Starting the workers");
    for (const namespace of [one, three]) await isProcessed(namespace);
    await isNamed(second, two);
    await giveBack();
    await isProcessed(two, JOINS_WITHIN_MS);
  }, 300_000);

  it("work side by side as two releases in one namespace", async () => {
    const [one, two, three] = namespaces;
    const releases = [
      { release: "east", watched: [one.name, two.name] },
      { release: "west", watched: [one.name, three.name] },
    ] as const;
    for (const { release, watched } of releases) {
      const kubeconfig = await releaseAccount(kube, { watchNamespaces: watched }, release);
      await start(kubeconfig, watched, `${release}-dockerhost-operator`).says("Starting the workers");
    }
    await Promise.all([isProcessed(two), isProcessed(three)]);
  }, 120_000);
});
