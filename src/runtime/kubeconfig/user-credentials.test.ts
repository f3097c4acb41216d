import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { systemClock } from "../../common/clock.ts";
import type { Cluster } from "../cluster.ts";
import { loadCluster } from "./load-cluster.ts";

const V1 = "client.authentication.k8s.io/v1";
let folder: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "credentials-"));
  warnings = [];
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A cluster whose kubeconfig has this user. */
async function clusterOf(user: object): Promise<Cluster> {
  const kubeconfig = join(folder, "config");
  const config = {
    clusters: [{ name: "one", cluster: { server: "https://api.example.com" } }],
    users: [{ name: "one", user }],
    contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
    "current-context": "one",
  };
  await writeFile(kubeconfig, `# kept\n${stringify(config)}`);
  const warn = (message: string) => warnings.push(message);
  const around = { manner: "kubectl", clock: systemClock, signal: new AbortController().signal, warn } as const;
  const loaded = await loadCluster({ kubeconfig, env: { PATH: process.env.PATH }, showsErrors: false, ...around });
  if (!loaded.ok) throw new Error(loaded.failure);
  return loaded.value;
}

async function headersOf(cluster: Cluster, rejected?: Parameters<Cluster["credentials"]>[0]) {
  const read = await cluster.credentials(rejected);
  if (!read.ok) throw new Error(read.failure);
  return read.value;
}

describe("credentials", () => {
  it("reads a token file again", async () => {
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, "first\n");
    const cluster = await clusterOf({ tokenFile });
    expect((await headersOf(cluster)).headers).toEqual({ authorization: "Bearer first" });
    await writeFile(tokenFile, "second\n");
    expect((await headersOf(cluster)).headers).toEqual({ authorization: "Bearer second" });
  });

  it("impersonates with all that the kubeconfig says", async () => {
    const extra = { "example.com/Scope": ["a", "b"], "a%b": ["c"] };
    const user = { token: "t", as: "jane", "as-uid": "7", "as-groups": ["x", "y"], "as-user-extra": extra };
    expect((await headersOf(await clusterOf(user))).headers).toEqual({
      authorization: "Bearer t",
      "impersonate-user": "jane",
      "impersonate-uid": "7",
      "impersonate-group": ["x", "y"],
      "impersonate-extra-example.com%2Fscope": ["a", "b"],
      "impersonate-extra-a%25b": ["c"],
    });
  });

  it("keeps the token of a plugin until the API server refuses it", async () => {
    const counter = join(folder, "runs");
    const answer = `{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"token-'$(wc -l < ${counter})'"}}`;
    const script = `echo >> ${counter}; echo '${answer}'`;
    const exec = { apiVersion: V1, interactiveMode: "Never", command: "sh", args: ["-c", script] };
    const cluster = await clusterOf({ exec });
    const [first, same] = await Promise.all([headersOf(cluster), headersOf(cluster)]);
    expect([first.headers.authorization, same.headers.authorization]).toEqual(["Bearer token-1", "Bearer token-1"]);
    const second = await headersOf(cluster, first);
    expect(second.headers.authorization).toBe("Bearer token-2");
    // The refusal was that of the first token, which is no longer used.
    expect((await headersOf(cluster, first)).headers.authorization).toBe("Bearer token-2");
  });
});

describe("the auth-provider oidc", () => {
  let issuer: Server;
  let url: string;
  let forms: string[];
  const token = (expires: number, mark: string) =>
    `e30.${Buffer.from(JSON.stringify({ exp: expires, mark })).toString("base64url")}.x`;
  const fresh = token(4_000_000_000, "fresh");

  beforeEach(async () => {
    forms = [];
    issuer = createServer(async (request, response) => {
      if (request.method === "GET") return response.end(JSON.stringify({ token_endpoint: `${url}/token` }));
      forms.push(await text(request));
      return response.end(JSON.stringify({ id_token: fresh, refresh_token: "refresh-2" }));
    }).listen(0, "127.0.0.1");
    await once(issuer, "listening");
    url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    issuer.close();
    issuer.closeAllConnections();
  });

  const user = (idToken: string) => ({
    "auth-provider": {
      name: "oidc",
      config: { "idp-issuer-url": url, "client-id": "me", "id-token": idToken, "refresh-token": "refresh-1" },
    },
  });

  it("uses a token that is valid", async () => {
    const valid = token(4_000_000_000, "valid");
    expect((await headersOf(await clusterOf(user(valid)))).headers.authorization).toBe(`Bearer ${valid}`);
    expect(forms).toEqual([]);
  });

  it("refreshes an expired token, and writes the new ones to the kubeconfig", async () => {
    const cluster = await clusterOf(user(token(1_000, "old")));
    expect((await headersOf(cluster)).headers.authorization).toBe(`Bearer ${fresh}`);
    expect((await headersOf(cluster)).headers.authorization).toBe(`Bearer ${fresh}`);
    expect(forms).toEqual(["grant_type=refresh_token&refresh_token=refresh-1&client_id=me"]);
    const written = await readFile(join(folder, "config"), "utf8");
    expect(written).toContain("# kept");
    expect(written).toContain(fresh);
    expect(written).toContain("refresh-2");
    expect(written).not.toContain("refresh-1");
    expect(warnings).toEqual([]);
  });
});
