import type { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { selfSigned } from "../../src/common/x509/self-signed.ts";
import { Browser } from "../browser/browser.ts";
import { connectEnvironment } from "../env/environment.ts";
import { eventually } from "../support/eventually.ts";
import { Helm } from "./chart/helm.ts";
import { TestNamespace } from "./cluster.ts";
import { LOOPBACK, Program } from "./program.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);
const ACCOUNT = "dockerhost-operator-metrics";

const newPair = (name: string) =>
  selfSigned({ commonName: name, dnsNames: ["localhost"], now: Date.now(), validForMs: 3_600_000 });

/** With the roles of the chart, on the real API server. */
describe("metrics and a page over TLS", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let folder: string;
  let roles: string;

  const port = () => Number(/"msg":"Serving metrics","port":(\d+)/.exec(controller.output)?.[1]);
  const pagePort = () => Number(/"msg":"Serving the page","url":"https:[^"]*:(\d+)\/"/.exec(controller.output)?.[1]);
  const ask = (to: https.RequestOptions, token?: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      https
        .request({ host: "127.0.0.1", headers, rejectUnauthorized: false, agent: false, ...to }, async (response) => {
          const text = Buffer.concat(await response.toArray()).toString();
          resolve({ status: response.statusCode ?? 0, text });
        })
        .on("error", reject)
        .end();
    });
  const get = (token?: string) => ask({ port: port(), path: "/metrics" }, token);
  const getPage = (token?: string, path = "/", method = "GET") => ask({ port: pagePort(), path, method }, token);
  const shownName = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: port(), rejectUnauthorized: false }, () => {
        const shown: X509Certificate | undefined = socket.getPeerX509Certificate();
        socket.destroy();
        resolve(shown?.subject ?? "");
      }).on("error", reject);
    });
  const tokenOf = async (account: string) => {
    await namespace.kubectl("create", "serviceaccount", account);
    return (await namespace.kubectl("create", "token", account)).trim();
  };
  const writePair = async ({ cert, key }: { cert: string; key: string }) => {
    await writeFile(join(folder, "tls.crt"), cert);
    await writeFile(join(folder, "tls.key"), key, { mode: 0o600 });
  };

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    folder = await mkdtemp(join(tmpdir(), "dockerhost-metrics-"));
    await writePair(await newPair("first"));
    const reader = { kind: "ServiceAccount", name: "prometheus", namespace: namespace.name };
    const values = {
      serviceAccount: { name: ACCOUNT },
      watchNamespaces: [namespace.name],
      metrics: { secure: { enabled: true, readers: [reader] } },
      page: { enabled: true, auth: "kubernetes", readers: ["viewer", "browser"].map((name) => ({ ...reader, name })) },
    };
    const objects = await new Helm(environment.kube).template(values, {
      namespace: namespace.name,
      only: ["metrics-access.yaml", "page-access.yaml"],
    });
    roles = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    await kube.kubectl(["apply", "-f", "-"], { input: roles });
    controller = await Program.startController(
      kube,
      { watchNamespaces: [namespace.name], serviceAccount: { name: ACCOUNT } },
      [
        ...LOOPBACK,
        "--health-addr=127.0.0.1:0",
        "--metrics-addr=127.0.0.1:0",
        "--metrics-secure",
        `--metrics-cert-path=${folder}`,
        "--page-bind-address=:0",
        "--page-auth=kubernetes",
        `--page-cert-path=${folder}`,
      ],
    );
    await controller.says("Starting the workers");
  });

  afterAll(async () => {
    await controller?.stop();
    await kube.kubectl(["delete", "--ignore-not-found", "-f", "-"], { input: roles });
    await namespace?.delete();
    await rm(folder, { recursive: true, force: true });
  });

  it("are for who may get the URL in the cluster, and for nobody else", async () => {
    const token = await tokenOf("prometheus");
    await eventually(async () => expect((await get(token)).status).toBe(200));
    expect((await get(token)).text).toContain("dockerhost_connection_attempts_total");
    const refused = await get(await tokenOf("curious"));
    expect(refused).toEqual({ status: 403, text: 'the permission to "get" the URL /metrics is needed\n' });
    expect((await get()).status).toBe(401);
    expect((await get("not-a-token")).status).toBe(401);
    expect((await get(`${token.slice(0, -8)}AAAAAAAA`)).status).toBe(401);
    expect(controller.output).not.toContain(token);
  });

  it("show the hosts to who may get all of them, and change nothing for anybody", async () => {
    const manifest = {
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "DockerHost",
      metadata: { name: "edge-7", namespace: namespace.name },
      spec: { host: "tcp://127.0.0.1:1", suspend: true },
    };
    await kube.kubectl(["apply", "-f", "-"], { input: JSON.stringify(manifest) });
    const viewer = await tokenOf("viewer");
    const path = `/hosts/${namespace.name}/edge-7`;
    await eventually(async () => expect((await getPage(viewer, path)).status).toBe(200));
    expect((await getPage(viewer)).text).toContain(`href="${path}"`);
    const stranger = await tokenOf("stranger");
    for (const each of ["/", path, "/images", "/certificates", "/events", "/icon.svg"]) {
      const forbidden = await getPage(stranger, each);
      expect([forbidden.status, forbidden.text]).toEqual([
        403,
        expect.stringContaining(`in the namespace ${namespace.name}`),
      ]);
      for (const token of [undefined, "not-a-token", `${viewer.slice(0, -8)}AAAAAAAA`]) {
        const unknown = await getPage(token, each);
        expect([unknown.status, unknown.text]).toEqual([401, expect.stringContaining("kubectl create token")]);
      }
    }
    const before = await namespace.kubectl("get", "dockerhost", "edge-7", "-o", "jsonpath={.spec}");
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      expect((await getPage(viewer, path, method)).status).toBe(405);
    expect(await namespace.kubectl("get", "dockerhost", "edge-7", "-o", "jsonpath={.spec}")).toBe(before);
    expect(controller.output).not.toContain(viewer);
    expect(controller.output).not.toContain(stranger);
  });

  it("let a reader log in with a token in a browser, who then follows the fleet", async () => {
    const token = await tokenOf("browser");
    await eventually(async () => expect((await getPage(token)).status).toBe(200));
    await using browser = await Browser.start(environment.programs.browser);
    const login = { username: "anything", password: token };
    const tab = await browser.open(`https://localhost:${pagePort()}/`, { login });
    const isShown = (name: string) => `document.getElementById("h-${namespace.name}.${name}") !== null`;
    await tab.until(`document.getElementById("connection").textContent === "Live"`);
    await namespace.applyHost("added", { host: "tcp://127.0.0.1:1", suspend: true });
    await tab.until(isShown("added"));
    await tab.click(`[id="h-${namespace.name}.added"]`);
    await tab.until(`location.pathname === "/hosts/${namespace.name}/added" && document.readyState === "complete"`);
    expect(await tab.text("h1")).toMatch(/added\s+Suspended/);
    // The browser remembers the login for everything that the page loads.
    expect(tab.logins).toBe(1);
    expect(tab.problems.filter((problem) => !problem.includes("status of 401"))).toEqual([]);
    expect(controller.output).not.toContain(token);
  });

  it("show a certificate that was replaced, without a restart", async () => {
    expect(await shownName()).toBe("CN=first");
    await writePair(await newPair("second"));
    await controller.says("The certificate of /metrics has changed");
    expect(await shownName()).toBe("CN=second");
    expect(controller.output).not.toContain("PRIVATE KEY");
  });
});
