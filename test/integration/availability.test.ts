import { readFile, rm, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { eventually } from "../support/eventually.ts";
import { TestNamespace } from "./cluster.ts";
import { releaseAccount } from "./controller-account.ts";
import { untilMay, untilMayNot } from "./may.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube } = connectEnvironment(inject("environment"));
const SPEC = { host: "tcp://127.0.0.1:9" };
const REFUSED = { type: "Connected", status: "False", reason: "ConnectionRefused" } as const;
/** A collection that is refused is tried again within 30 s. */
const JOINS_WITHIN_MS = 120_000;

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

  function start(
    kubeconfig: string,
    watched: readonly string[],
    election: readonly string[] = electing("operator-dockerhost-operator"),
  ): Program {
    const program = Program.start([
      ...["controller", "--kubeconfig", kubeconfig, "--watch-namespaces", watched.join(","), ...LOOPBACK],
      ...["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--watch-inactivity-limit", "2s"],
      ...election,
    ]);
    programs.push(program);
    return program;
  }

  function electing(lease: string, namespace = namespaces[0].name): readonly string[] {
    return ["--enable-leader-election", "--leader-election-name", lease, "--leader-election-namespace", namespace];
  }

  /** Applies a new host, and waits until a controller has tried to connect to it. */
  async function isProcessed(namespace: TestNamespace, ms?: number): Promise<void> {
    const name = `host-${hosts++}`;
    await namespace.applyHost(name, SPEC);
    await namespace.waitFor(name, REFUSED, ms);
  }

  /** Removes the permissions in one namespace, as deleting it does. Returns what restores them. */
  async function takeRights(namespace: TestNamespace): Promise<() => Promise<void>> {
    const bindings = JSON.parse(await namespace.kubectl("get", "rolebindings", "-o", "json")) as {
      items: readonly { metadata: { name: string }; roleRef: object; subjects: object }[];
    };
    const user = `system:serviceaccount:${namespaces[0].name}:operator-dockerhost-operator`;
    const list = ["list", "dockerhosts.dockerhost.dev", "-n", namespace.name];
    await namespace.kubectl("delete", "rolebindings", "--all");
    await untilMayNot(kube, user, ...list);
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
      await untilMay(kube, user, ...list);
    };
  }

  const isNamed = (program: Program, namespace: TestNamespace) =>
    waitUntil("the namespace to be named", 60_000, async () => {
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
    await eventually(async () => expect(await first.metrics()).toContain(`${failing} 1`));
    expect(await first.probe("/livez")).toBe("200 ok\n");
    await giveBack();
    await isProcessed(two, JOINS_WITHIN_MS);
    await eventually(async () => expect(await first.metrics()).toContain(`${failing} 0`));

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
  });

  it("work side by side as two releases in one namespace", async () => {
    const [one, two, three] = namespaces;
    const releases = [
      { release: "east", watched: [one.name, two.name] },
      { release: "west", watched: [one.name, three.name] },
    ] as const;
    for (const { release, watched } of releases) {
      const kubeconfig = await releaseAccount(kube, { watchNamespaces: watched }, release);
      await start(kubeconfig, watched, electing(`${release}-dockerhost-operator`)).says("Starting the workers");
    }
    await Promise.all([isProcessed(two), isProcessed(three)]);
  });

  it("work side by side as two releases of one name in two namespaces", async () => {
    const [, two, three] = namespaces;
    for (const { name } of [two, three]) {
      const kubeconfig = await releaseAccount(kube, { watchNamespaces: [name] });
      await start(kubeconfig, [name], electing("operator-dockerhost-operator", name)).says("Starting the workers");
    }
    await Promise.all([isProcessed(two), isProcessed(three)]);
  });

  it("hand over from the Lease that all releases shared to the release's own", async () => {
    const [one] = namespaces;
    const account = await releaseAccount(kube, { watchNamespaces: [one.name] });
    // As in a pod, whose namespace is where the shared Lease was.
    const config = JSON.parse(await readFile(account, "utf8"));
    config.contexts[0].context.namespace = one.name;
    const kubeconfig = `${account}-in-pod`;
    await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    onTestFinished(() => rm(kubeconfig));

    const old = start(kubeconfig, [one.name], electing("dockerhost-operator"));
    await old.says("Starting the workers");
    const renamed = [...electing("operator-dockerhost-operator"), "--leader-election-former-name=dockerhost-operator"];
    const upgraded = start(kubeconfig, [one.name], renamed);
    await upgraded.says("Waiting to lead");
    await isProcessed(one);
    expect(upgraded.output).not.toContain("Starting the workers");
    expect(await old.stop()).toBe(0);
    await upgraded.says("Starting the workers");
    await isProcessed(one);
    const holders = await one.kubectl("get", "leases", "-o", "jsonpath={.items[*].spec.holderIdentity}");
    expect(new Set(holders.split(" ")).size).toBe(1);
  });

  it("work on the others when a watched namespace is deleted, and on it again once it is back", async () => {
    const [one] = namespaces;
    const gone = await TestNamespace.create(kube);
    onTestFinished(() => gone.delete());
    const rights = { watchNamespaces: [one.name, gone.name] } as const;
    const program = start(await releaseAccount(kube, rights), rights.watchNamespaces);
    await program.says("Starting the workers");
    await isProcessed(gone);

    await deleteNamespace(gone);
    await isNamed(program, gone);
    await isProcessed(one);
    expect(await program.probe("/livez")).toBe("200 ok\n");

    await kube.kubectl(["create", "namespace", gone.name]);
    await releaseAccount(kube, rights);
    await isProcessed(gone, JOINS_WITHIN_MS);
  });

  /** A controller that does not run here empties a namespace, and then takes away its finalizer. */
  async function deleteNamespace(namespace: TestNamespace): Promise<void> {
    const { name } = namespace;
    await kube.kubectl(["delete", "namespace", name, "--wait=false"]);
    await namespace.kubectl("delete", "dockerhosts,secrets,rolebindings,roles,events", "--all");
    const finalized = { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: { finalizers: [] } };
    const args = ["replace", "--raw", `/api/v1/namespaces/${name}/finalize`, "-f", "-"];
    await kube.kubectl(args, { input: JSON.stringify(finalized) });
    await waitUntil("the namespace to be gone", 60_000, async () => {
      return (await kube.kubectl(["get", "namespace", name, "--ignore-not-found"])) === "";
    });
  }

  it("are not alive while everything is refused to them, with 401 or 403", async () => {
    const [, two, three] = namespaces;
    const [forbidden, unauthorized] = await Promise.all(
      [two, three].map(async ({ name }) => {
        const program = start(await releaseAccount(kube, { watchNamespaces: [name] }, "locked"), [name], []);
        await program.says("Starting the workers");
        return program;
      }),
    );
    await two.kubectl("delete", "rolebindings", "--all");
    await three.kubectl("delete", "serviceaccount", "locked-dockerhost-operator");
    for (const program of [forbidden, unauthorized]) {
      await waitUntil("the lock-out to be noticed", 90_000, async () => {
        const answer = (await program?.probe("/livez?verbose")) ?? "";
        return answer.startsWith("503 ") && answer.includes("the API server refuses this controller");
      });
    }
  });
});
