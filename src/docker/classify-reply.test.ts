import { describe, expect, it } from "vitest";
import { diagnoseReply } from "./classify-reply.ts";
import { EngineError } from "./fleet-modem.ts";

const DAEMON = { "api-version": "1.44" };
const ID = "0123456789abcdef".repeat(4);

function diagnose(status: number, body: string, headers = {}, path = "/_ping") {
  const context = { endpoint: "tcp://edge-7:2375", clientCertificate: false };
  return diagnoseReply(new EngineError(path, { status, headers, body: Buffer.from(body) }), context);
}

describe("diagnoseReply", () => {
  it("knows a TLS daemon that was spoken to in plaintext by Go's words", () => {
    expect(diagnose(400, "Client sent an HTTP request to an HTTPS server.\n").reason).toBe("ServerRequiresTLS");
  });

  it("passes on that the version of the API is not served", () => {
    const text = "client version 1.30 is too old. Minimum supported API version is 1.44";
    const diagnosis = diagnose(400, JSON.stringify({ message: text }), DAEMON);
    expect(diagnosis).toEqual({
      reason: "APIVersionUnsupported",
      why: `the daemon says: ${text}`,
    });
  });

  it.each([
    ["a page", 200, "<html>Welcome to nginx!</html>"],
    ["a redirect", 302, ""],
    ["a page that is not found", 404, "<h1>404</h1>"],
    ["JSON of another service", 200, '{"message":"hello"}'],
    ["an error in words that are not Docker's", 400, "Bad Request"],
  ])("treats %s without Api-Version as another service", (_name, status, body) => {
    expect(diagnose(status, body).reason).toBe("NotADockerEndpoint");
  });

  it.each([502, 503, 504])("takes %i without Api-Version for a proxy whose daemon is down", (status) => {
    expect(diagnose(status, "<html>Bad Gateway</html>")).toEqual({
      reason: "ConnectionFailed",
      why: `a proxy in front of the daemon answered ${status}`,
    });
  });

  it("distinguishes the daemon's denial from a proxy's, and says what part of the request was denied", () => {
    const daemon = diagnose(403, '{"message":"no such right"}', DAEMON, "/v1.44/info");
    expect(daemon).toEqual({
      reason: "AuthorizationDenied",
      why: "the daemon denied GET /v1.44/info: no such right",
    });
    const proxy = diagnose(403, "<html>Forbidden</html>", {}, "/v1.44/images/json?all=true");
    expect(proxy).toEqual({
      reason: "PermissionDenied",
      why: "a proxy in front of the daemon denied GET /v1.44/images/json (Tecnativa: set IMAGES=1; 11notes has no switch for it)",
    });
    expect(diagnose(403, "", { "content-type": "text/plain" }).reason).toBe("PermissionDenied");
  });

  it("also thinks of a client certificate where the first request is denied over TLS, and none was shown", () => {
    const reply = { status: 403, headers: {}, body: Buffer.from("<h1>403 Forbidden</h1>") };
    const next = (path: string, endpoint: string, clientCertificate: boolean) =>
      diagnoseReply(new EngineError(path, reply), { endpoint, clientCertificate }).next;
    const words = {
      object: expect.stringContaining("spec.tls.certSecretRef"),
      flags: expect.stringContaining("--tlscert"),
    };
    expect(next("/_ping", "https://edge-7:443", false)).toEqual(words);
    expect(next("/version", "https://edge-7:443", false)).toEqual(words);
    expect(next("/v1.44/info", "https://edge-7:443", false)).toBeUndefined();
    expect(next("/_ping", "https://edge-7:443", true)).toBeUndefined();
    expect(next("/_ping", "tcp://edge-7:2375", false)).toBeUndefined();
  });

  it("knows an authorization plugin's denial by Docker's words, since it comes without Api-Version", () => {
    const message = `authorization denied by plugin opa: no policy for /v1.44/containers/${ID}/json`;
    expect(diagnose(403, JSON.stringify({ message }), {}, `/v1.44/containers/${ID}/json`)).toEqual({
      reason: "AuthorizationDenied",
      why: "the daemon denied GET /v1.44/containers/{id}/json: authorization denied by plugin opa: no policy for /v1.44/containers/{id}/json",
    });
  });

  it.each([
    ["/_ping", "PING"],
    ["/version", "VERSION"],
    ["/v1.44/info", "INFO"],
    ["/v1.44/containers/json?limit=1", "CONTAINERS"],
    [`/v1.44/images/sha256:${ID}/json`, "IMAGES"],
    ["/v1.44/distribution/scratch/json", "DISTRIBUTION"],
  ])("names the switch that would allow %s", (path, name) => {
    expect(diagnose(403, "", {}, path).why).toContain(`Tecnativa: set ${name}=1;`);
  });

  it.each([401, 403, 500, 503])(
    "quotes nothing of what is not Docker with %i: others must not be read through us",
    (status) => {
      expect(diagnose(status, "the other service's secret").why).not.toContain("secret");
      expect(diagnose(status, '{"message":"the other service\'s secret"}').why).not.toContain("secret");
    },
  );

  it("has the same words for each container and image", () => {
    const why = diagnose(500, "{}", DAEMON, `/v1.44/containers/${ID}/json`).why;
    expect(why).toBe("the daemon answered 500 to GET /v1.44/containers/{id}/json");
    expect(diagnose(500, "{}", DAEMON, `/v1.44/images/sha256:${ID}/json`).why).toContain("/images/{id}/json");
  });

  it("keeps the daemon's words on one line and short, unescaped", () => {
    const message = `say "no"\n${"x".repeat(500)}`;
    const { reason, why } = diagnose(500, JSON.stringify({ message }), DAEMON);
    expect(reason).toBe("DaemonError");
    expect(why).toContain(': say "no" xxx');
    expect(why.length).toBeLessThan(300);
    expect(diagnose(500, "plain words\r\n", DAEMON).why).toMatch(/: plain words$/);
  });

  it.each(["/docker", "/a/b"])("says that a daemon has nothing below the path %s", (path) => {
    const context = { endpoint: `https://edge-7:2376${path}`, clientCertificate: true };
    for (const headers of [DAEMON, {}]) {
      const reply = { status: 404, headers, body: Buffer.from('{"message":"page not found"}') };
      const diagnosis = diagnoseReply(new EngineError("/_ping", reply), context);
      expect(diagnosis).toMatchObject({
        reason: "NotADockerEndpoint",
        why: `no Docker API answers below the path ${path}`,
      });
      expect(diagnosis.next).toMatchObject({
        object: expect.stringContaining("Remove the path from spec.host"),
        flags: expect.stringContaining("Remove the path from --host"),
      });
      // What is asked later may well be gone.
      expect(diagnoseReply(new EngineError("/v1.44/images/x/json", reply), context).why).not.toContain(
        "below the path",
      );
    }
  });
});
