import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import type { Reason } from "../../src/api/reasons.ts";
import { setUpBinaries } from "../env/binaries.ts";
import { connectEnvironment } from "../env/environment.ts";
import { Nginx, type Site } from "../env/nginx.ts";
import { createAuthority, type KeyPair } from "../support/pki.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));

const TLS = ["ssl_certificate FOLDER/server.pem;", "ssl_certificate_key FOLDER/server-key.pem;"];
const WANTS_CLIENT = [...TLS, "ssl_client_certificate FOLDER/clients-ca.pem;", "ssl_verify_client on;"];
const DAEMON = "location / { proxy_pass DAEMON; }";
/** As people write it who want another page for those without a certificate. */
const OPTIONAL = [
  ...TLS,
  "ssl_client_certificate FOLDER/clients-ca.pem;",
  "ssl_verify_client optional;",
  'if ($ssl_client_verify != "SUCCESS") { return 403; }',
];

const SITES = {
  mutual: { tls: true, directives: [...WANTS_CLIENT, DAEMON] },
  mutual12: { tls: true, directives: [...WANTS_CLIENT, "ssl_protocols TLSv1.2;", "server_tokens off;", DAEMON] },
  optional: { tls: true, directives: [...OPTIONAL, DAEMON] },
  ownPages: { tls: true, directives: [...WANTS_CLIENT, "error_page 495 =495 /x; error_page 496 =496 /x;", DAEMON] },
  http2: { tls: true, http2: true, directives: [...WANTS_CLIENT, DAEMON] },
  toTlsPort: { tls: true, directives: [...TLS, "error_page 497 =301 https://$host:$server_port$request_uri;", DAEMON] },
  plain: { directives: [DAEMON] },
  encrypted: { tls: true, directives: [...TLS, DAEMON] },
  moved: { directives: ["return 301 https://$host$request_uri;"] },
  moved308: { directives: ["return 308 https://$host:9443$request_uri;"] },
  elsewhere: { tls: true, directives: [...TLS, "return 302 https://login.fleet.example/start?token=s3cret;"] },
  login: { directives: ['auth_basic "fleet";', "auth_basic_user_file FOLDER/passwords;", DAEMON] },
  noDaemon: { directives: ["location / { proxy_pass http://unix:FOLDER/absent.sock:; }"] },
} as const satisfies Readonly<Record<string, Site>>;

type SiteName = keyof typeof SITES;
type Client = "none" | "right" | "wrong";

describe("nginx in front of a daemon", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let nginx: Nginx<SiteName>;

  beforeAll(async () => {
    const { debian } = await setUpBinaries({ log: () => undefined, environment: process.env });
    const [ca, clientsCa, otherCa] = await Promise.all(
      ["servers", "clients", "strangers"].map((commonName) => createAuthority({ commonName })),
    );
    if (ca === undefined || clientsCa === undefined || otherCa === undefined) throw new Error("no CAs were made");
    const server = await ca.issue({ commonName: "nginx", ipAddresses: ["127.0.0.1"], usages: ["serverAuth"] });
    const issue = { commonName: "operator", usages: ["clientAuth"] } as const;
    const pairs: Record<Client, KeyPair | undefined> = {
      none: undefined,
      right: await clientsCa.issue(issue),
      wrong: await otherCa.issue(issue),
    };
    const { socket, dockerd } = dockers.new.facts;
    nginx = await Nginx.start({
      programs: debian,
      runFolder: dockerd.runFolder,
      socket,
      sites: SITES,
      files: {
        "server.pem": server.certPem,
        "server-key.pem": server.keyPem,
        "clients-ca.pem": clientsCa.certPem,
        passwords: "joe:{PLAIN}s3cret\n",
      },
    });
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    for (const [name, pair] of Object.entries(pairs)) {
      const client = pair === undefined ? {} : { "tls.crt": pair.certPem, "tls.key": pair.keyPem };
      await namespace.applySecret(name, { "ca.crt": ca.certPem, ...client });
    }
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await nginx?.stop();
  });

  async function readyOf(site: SiteName, client: Client | "plaintext", connected: "True" | "False") {
    const name = `${site}-${client}`.toLowerCase();
    const tls = client === "plaintext" ? {} : { tls: { verify: true, certSecretRef: { name: client } } };
    await namespace.applyHost(name, {
      host: `tcp://127.0.0.1:${nginx.ports[site]}`,
      ...tls,
      updateCheck: { suspend: true },
    });
    const { status } = await namespace.waitFor(name, { type: "Connected", status: connected });
    return findCondition(status?.conditions, "Ready");
  }

  it("lets the right client certificate through, over HTTP/1.1 where it also speaks HTTP/2", async () => {
    for (const site of ["mutual", "mutual12", "optional", "http2"] as const) {
      expect(await readyOf(site, "right", "True"), site).toMatchObject({ status: "True" });
    }
    expect(await readyOf("plain", "plaintext", "True")).toMatchObject({ status: "True" });
  });

  it.each<readonly [SiteName, Client | "plaintext", Reason, string]>([
    ["mutual", "none", "ClientCertificateRequired", "the web server in front of the daemon asks for a client"],
    ["mutual12", "none", "ClientCertificateRequired", "the web server in front of the daemon asks for a client"],
    ["http2", "none", "ClientCertificateRequired", "the web server in front of the daemon asks for a client"],
    ["ownPages", "none", "ClientCertificateRequired", "the web server in front of the daemon asks for a client"],
    ["optional", "none", "PermissionDenied", "put one into the Secret that spec.tls.certSecretRef names"],
    ["mutual", "wrong", "ClientCertificateRejected", "the CA that this web server trusts"],
    ["mutual12", "wrong", "ClientCertificateRejected", "the CA that this web server trusts"],
    ["http2", "wrong", "ClientCertificateRejected", "the CA that this web server trusts"],
    ["ownPages", "wrong", "ClientCertificateRejected", "the CA that this web server trusts"],
    ["optional", "wrong", "ClientCertificateRejected", "the CA that this web server trusts"],
    ["mutual", "plaintext", "ServerRequiresTLS", "speaks TLS on this port"],
    ["encrypted", "plaintext", "ServerRequiresTLS", "speaks TLS on this port"],
    ["toTlsPort", "plaintext", "ServerRequiresTLS", "it redirects to https://127.0.0.1:"],
    ["moved", "plaintext", "ServerRequiresTLS", "it redirects to https://127.0.0.1/_ping. Use https://127.0.0.1 in"],
    ["moved308", "plaintext", "ServerRequiresTLS", "Use https://127.0.0.1:9443 in spec.host"],
    ["plain", "none", "ServerNotTLS", "does not speak TLS on this port"],
    ["elsewhere", "none", "NotADockerEndpoint", "it redirects to https://login.fleet.example/start."],
    ["login", "plaintext", "PermissionDenied", "wants a user and password (Basic)"],
    ["noDaemon", "plaintext", "ConnectionFailed", "a proxy in front of the daemon answered 502"],
  ])("%s, to a client with %s certificate, is reported as %s", async (site, client, reason, words) => {
    const ready = await readyOf(site, client, "False");
    expect(ready).toMatchObject({ status: "False", reason, message: expect.stringContaining(words) });
    expect(ready?.message).not.toContain("s3cret");
  });
});
