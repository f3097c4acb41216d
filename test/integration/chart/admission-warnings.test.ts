import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseEndpoint } from "../../../src/docker/endpoint.ts";
import { endpointWarnings, HTTP_WITH_VERIFY } from "../../../src/docker/warnings.ts";
import { execute } from "../../env/binaries/run-command.ts";
import { connectEnvironment } from "../../env/environment.ts";
import { waitUntil } from "../../env/processes/wait-until.ts";
import { hostManifest } from "../cluster.ts";
import { Helm } from "./helm.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);

/** Of the policy and its binding: another test's policy may still be in force. */
const NAME = "dockerhost-system.operator-dockerhost-operator.warnings";

interface Spec {
  readonly host?: string;
  readonly tls?: { readonly verify?: boolean; readonly certSecretRef?: object; readonly caSecretRef?: object };
  readonly ssh?: { readonly secretRef: object; readonly hostKeyChecking?: "Strict" | "Disabled" };
}

const secret = { name: "a" };
const ca = { name: "a", key: "ca.crt" };
const SPECS: readonly Spec[] = [
  { host: "http://edge-7", tls: { verify: true } },
  { host: "HTTP://edge-7:2375", tls: { verify: true } },
  { host: "http://edge-7" },
  { tls: { verify: true } },
  { host: "unix:///run/docker.sock", tls: { verify: true } },
  { host: "unix:///run/docker.sock" },
  { host: "tcp://edge-7:2376" },
  { host: "tcp://edge-7:02376/prefix" },
  { host: "tcp://[2001:db8::7]:2376" },
  { host: "tcp://edge-7", tls: { certSecretRef: secret } },
  { host: "tcp://edge-7", tls: { caSecretRef: ca } },
  { host: "tcp://edge-7:23760" },
  { host: "tcp://edge-7", tls: { verify: true, certSecretRef: secret } },
  { host: "https://edge-7" },
  { host: "https://edge-7", tls: { verify: true } },
  { host: "ssh://docker@edge-7", ssh: { secretRef: secret } },
  { host: "ssh://docker@edge-7", ssh: { secretRef: secret, hostKeyChecking: "Disabled" }, tls: { verify: true } },
];

/** What `kubectl apply` says on standard error, without kubectl's and the API server's own words before it. */
async function warningsOf(spec: Spec): Promise<readonly string[]> {
  const { kubectl, kubeconfig, server } = kube.facts;
  const { stderr } = await execute(kubectl, ["apply", "--dry-run=server", "-f", "-"], {
    env: { PATH: process.env.PATH, HOME: server.runFolder, KUBECONFIG: kubeconfig },
    input: JSON.stringify(hostManifest("warned", spec)),
  });
  const before = `Warning: Validation failed for ValidatingAdmissionPolicy '${NAME}' with binding '${NAME}': `;
  return stderr.split("\n").flatMap((line) => (line.startsWith(before) ? [line.slice(before.length)] : []));
}

/** What the status would say. */
function expected({ host, tls, ssh }: Spec): readonly string[] {
  const verify = tls?.verify ?? false;
  const endpoint = parseEndpoint(host, verify);
  if (!endpoint.ok) throw new Error(`${host} is no endpoint`);
  return endpointWarnings(endpoint.value, {
    verify,
    certificates: tls?.certSecretRef !== undefined || tls?.caSecretRef !== undefined,
    uncheckedHostKey: ssh?.hostKeyChecking === "Disabled",
  });
}

describe("kubectl apply, with the chart's policy", () => {
  let policy: string;

  beforeAll(async () => {
    const objects = await new Helm(environment.kube).template({});
    const items = objects.filter(({ kind }) => kind.startsWith("ValidatingAdmissionPolicy"));
    policy = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await kube.kubectl(["apply", "-f", "-"], { input: policy });
    await waitUntil("the policy to be in force", 60_000, async () => {
      return (await warningsOf({ host: "http://edge-7", tls: { verify: true } })).length > 0;
    });
  });
  afterAll(() => kube.kubectl(["delete", "-f", "-"], { input: policy }));

  it("prints the documented warning", async () => {
    expect(await warningsOf({ host: "http://edge-7", tls: { verify: true } })).toEqual([HTTP_WITH_VERIFY]);
  });

  it.each(SPECS)("warns of %j as the status would", async (spec) => {
    expect([...(await warningsOf(spec))].sort()).toEqual([...expected(spec)].sort());
  });
});
