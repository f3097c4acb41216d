import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import { diagnoseReply } from "./classify-reply.ts";
import { EngineError } from "./fleet-modem.ts";

interface Asked {
  readonly endpoint?: string;
  readonly clientCertificate?: boolean;
  readonly headers?: IncomingHttpHeaders;
}

function diagnose(status: number, body: string, asked: Asked = {}) {
  const { endpoint = "https://edge-7:443", clientCertificate = false, headers = {} } = asked;
  const error = new EngineError("/_ping", { status, headers, body: Buffer.from(body) });
  return diagnoseReply(error, { endpoint, clientCertificate });
}

const nginx = (title: string) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>${title}</center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n`;

describe("a web server in front of the daemon", () => {
  it.each([
    [400, nginx("400 The plain HTTP request was sent to HTTPS port")],
    [400, "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n Instead use the HTTPS scheme"],
    [400, "Client sent an HTTP request to an HTTPS server.\n"],
    [400, "Bad Request\nThis combination of host and port requires TLS.\n"],
    [426, "Upgrade Required"],
    [497, ""],
  ])("wants TLS: %i %s", (status, page) => {
    expect(diagnose(status, page, { endpoint: "tcp://edge-7:443" }).reason).toBe("ServerRequiresTLS");
  });

  it.each([
    [400, nginx("400 No required SSL certificate was sent")],
    [403, "Reason: Cannot perform Post-Handshake Authentication.<br />"],
    [403, "The page you are attempting to access requires a client certificate"],
    [496, ""],
  ])("wants a client certificate: %i %s", (status, page) => {
    expect(diagnose(status, page).reason).toBe("ClientCertificateRequired");
    expect(diagnose(status, page, { clientCertificate: true }).reason).toBe("ClientCertificateRejected");
  });

  it.each([
    [400, nginx("400 The SSL certificate error")],
    [403, "Your client certificate is untrusted or invalid"],
    [495, ""],
  ])("rejects the client certificate: %i %s", (status, page) => {
    const diagnosis = diagnose(status, page, { clientCertificate: true });
    expect(diagnosis.reason).toBe("ClientCertificateRejected");
    expect(diagnosis.next).toContain("that this web server trusts");
  });

  it("is not recognized in what a daemon says, nor far behind the beginning of a page", () => {
    const headers = { "api-version": "1.44" };
    expect(diagnose(400, nginx("400 The SSL certificate error"), { headers }).reason).toBe("DaemonError");
    expect(diagnose(400, `${" x".repeat(5_000)}The SSL certificate error`).reason).toBe("NotADockerEndpoint");
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("with %i to TLS on the same host says which address to use", (status) => {
    const headers = { location: "https://edge-7/_ping" };
    expect(diagnose(status, "", { endpoint: "tcp://edge-7:80", headers })).toEqual({
      reason: "ServerRequiresTLS",
      why: "the web server in front of the daemon wants TLS: it redirects to https://edge-7/_ping",
      next: {
        object: "Use https://edge-7 in spec.host, with spec.tls.verify true.",
        flags: "Use --host https://edge-7 with --tlsverify.",
      },
    });
  });

  it.each([
    ["https://login.example.com/start?token=s3cret#x", "https://login.example.com/start"],
    ["/login", "https://edge-7/login"],
    ["https://joe:s3cret@edge-8:2376/", "https://edge-8:2376"],
    [`/${"x".repeat(9_000)}`, `https://edge-7/${"x".repeat(105)}...`],
    ["/a\u001b[31m\u202e", "https://edge-7/a%1B[31m%E2%80%AE"],
  ])("to %s is named without what may be secret, short and printable", (location, named) => {
    const diagnosis = diagnose(302, "", { headers: { location } });
    expect(diagnosis.reason).toBe("NotADockerEndpoint");
    expect(diagnosis.why).toBe(`what answers there is not a Docker daemon: it redirects to ${named}`);
    expect(diagnosis.why).toMatch(/^[\x20-\x7e]{1,220}$/);
  });

  it.each([undefined, "", "javascript:alert(1)", "http://[", "ftp://edge-7/"])(
    "to %s is another service",
    (location) => {
      const diagnosis = diagnose(302, "", { headers: location === undefined ? {} : { location } });
      expect(diagnosis.reason).toBe("NotADockerEndpoint");
    },
  );
});

describe("a proxy that wants a login", () => {
  it.each([
    [401, { "www-authenticate": 'Basic realm="traefik"' }, "a user and password (Basic)"],
    [401, { "www-authenticate": 'Bearer realm="https://auth", error="invalid_token"' }, "a token (Bearer)"],
    [401, { "www-authenticate": "Negotiate, NTLM" }, "a Kerberos ticket (Negotiate) or a Windows login (NTLM)"],
    [
      401,
      { "www-authenticate": 'Digest realm="x", nonce="y", Basic realm="z"' },
      "a user and password (Digest) or a user and password (Basic)",
    ],
    [407, { "proxy-authenticate": "Basic" }, "a user and password (Basic)"],
    [401, {}, "a login, but does not say which"],
    [401, { "www-authenticate": "\u0007 s3cret constructor" }, "a login, but does not say which"],
  ])("with %i and %j is called that", (status, headers, wanted) => {
    const diagnosis = diagnose(status, "s3cret", { headers });
    expect(diagnosis).toMatchObject({
      reason: "PermissionDenied",
      why: `a proxy in front of the daemon wants ${wanted}`,
    });
    expect(diagnosis.why).not.toContain("Tecnativa");
    expect(diagnosis.next).toMatchObject({
      object: expect.stringContaining("no user, password or token to send"),
      flags: expect.stringContaining("No user, password or token can be sent"),
    });
  });
});
