import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCEPTED_FORMS, formatEndpoint, parseEndpoint, usesTls } from "./endpoint.ts";

/** The endpoint as status.endpoint shows it, or the reason why it is refused. */
function normalize(host: string | undefined, verify: boolean): string {
  const endpoint = parseEndpoint(host, verify);
  return endpoint.ok ? formatEndpoint(endpoint.value) : endpoint.failure.reason;
}

function refusal(host: string): string {
  const endpoint = parseEndpoint(host, true);
  return endpoint.ok ? "accepted" : endpoint.failure.message;
}

describe("parseEndpoint", () => {
  it.each([
    // host, with verification, without
    [undefined, "unix:///var/run/docker.sock", "unix:///var/run/docker.sock"],
    ["", "unix:///var/run/docker.sock", "unix:///var/run/docker.sock"],
    ["unix://", "unix:///var/run/docker.sock", "unix:///var/run/docker.sock"],
    ["unix:///run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock"],
    ["http://edge-7", "http://edge-7:2375", "http://edge-7:2375"],
    ["http://edge-7:8080", "http://edge-7:8080", "http://edge-7:8080"],
    ["tcp://edge-7", "https://edge-7:2376", "tcp://edge-7:2375"],
    ["tcp://edge-7:2376", "https://edge-7:2376", "tcp://edge-7:2376"],
    ["tcp://edge-7:2375", "https://edge-7:2375", "tcp://edge-7:2375"],
    ["tcp://10.1.2.3:2376", "https://10.1.2.3:2376", "tcp://10.1.2.3:2376"],
    ["https://edge-7", "https://edge-7:2376", "https://edge-7:2376"],
    ["https://edge-7:443", "https://edge-7:443", "https://edge-7:443"],
    ["TCP://edge-7", "https://edge-7:2376", "tcp://edge-7:2375"],
    ["HTTPS://Edge-7", "https://Edge-7:2376", "https://Edge-7:2376"],
    ["Unix:///tmp/Docker.sock", "unix:///tmp/Docker.sock", "unix:///tmp/Docker.sock"],
    ["tcp://[::1]", "https://[::1]:2376", "tcp://[::1]:2375"],
    ["tcp://[2001:db8::7]:1234", "https://[2001:db8::7]:1234", "tcp://[2001:db8::7]:1234"],
    ["tcp://edge-7:2376/docker", "https://edge-7:2376/docker", "tcp://edge-7:2376/docker"],
    ["tcp://edge-7/a/b/", "https://edge-7:2376/a/b", "tcp://edge-7:2375/a/b"],
    ["tcp://edge-7:2376/", "https://edge-7:2376", "tcp://edge-7:2376"],
    ["tcp://edge_7.example.com.", "https://edge_7.example.com.:2376", "tcp://edge_7.example.com.:2375"],
  ])("normalizes %s", (host, verified, unverified) => {
    expect(normalize(host, true)).toBe(verified);
    expect(normalize(host, false)).toBe(unverified);
  });

  it.each([
    ["edge-7:2376", "it has no scheme"],
    ["/var/run/docker.sock", "it has no scheme"],
    ["unix:/var/run/docker.sock", "it has no scheme"],
    ["npipe:////./pipe/docker_engine", "the scheme 'npipe://' is not supported"],
    ["fd://", "the scheme 'fd://' is not supported"],
    ["ssh://user@edge-7", "the scheme 'ssh://' is not supported"],
    ["ftp://edge-7", "the scheme 'ftp://' is not supported"],
    ["unix://docker.sock", "the path of a socket must be absolute"],
    ["unix:///a b", "must not contain '?', '#' or white space"],
    [`unix:///${"x".repeat(107)}`, "must not be longer than 107 bytes"],
    ["tcp://", "the host or port is malformed"],
    ["tcp://:2376", "the host or port is malformed"],
    ["tcp://edge-7:", "the host or port is malformed"],
    ["tcp://edge-7:port", "the host or port is malformed"],
    ["tcp://-edge", "the host or port is malformed"],
    ["tcp://::1:2376", "the host or port is malformed"],
    ["tcp://[::1", "the host or port is malformed"],
    ["tcp://[:::1]", "the IPv6 address is malformed"],
    ["tcp://[1.2.3.4]", "the IPv6 address is malformed"],
    ["tcp://edge-7:0", "the port must be from 1 to 65535"],
    ["tcp://edge-7:65536", "the port must be from 1 to 65535"],
    ["https://edge-7?x=1", "must not contain a query, a fragment, white space"],
    ["https://edge-7/#x", "must not contain a query, a fragment, white space"],
    ["https://edge 7", "must not contain a query, a fragment, white space"],
    ["https://edge-7/\u{65e5}", "characters outside of ASCII"],
    ["https://user@edge-7", "must not contain a user or password"],
  ])("refuses %s and says why", (host, why) => {
    expect(refusal(host)).toContain(why);
    expect(refusal(host)).toContain(ACCEPTED_FORMS);
    expect(normalize(host, false)).toBe("InvalidEndpoint");
  });

  it.each([
    "https://joe:s3cret@edge-7",
    "ssh://joe:s3cret@edge-7",
    "joe:s3cret@edge-7:2376",
    "tcp://joe:s3cret@edge-7/a@b",
  ])("never repeats the password of %s", (host) => {
    expect(refusal(host)).not.toContain("s3cret");
    expect(refusal(host)).not.toContain("joe");
  });

  it("keeps its message short and on one line, whatever it was given", () => {
    const message = refusal(`tcp://\n\u0007${"x".repeat(10_000)} `);
    expect(message).toMatch(/^[\x20-\x7e…]{1,400}$/);
  });

  const anyHost = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc
      .tuple(
        fc.constantFrom("tcp", "http", "https", "unix", "HTTPS", "Tcp", "ssh"),
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((ip) => `[${ip}]`),
          fc.string(),
          fc.constant("/run/d.sock"),
        ),
        fc.oneof(
          fc.constant(""),
          fc.integer({ min: 0, max: 70_000 }).map((port) => `:${port}`),
        ),
        fc.oneof(fc.constant(""), fc.webPath()),
      )
      .map(([scheme, host, port, path]) => `${scheme}://${host}${port}${path}`),
  );

  it("never throws, and never speaks plaintext where tcp or https is to be verified", async () => {
    await fc.assert(
      fc.property(anyHost, (host) => {
        const endpoint = parseEndpoint(host, true);
        if (endpoint.ok && /^(tcp|https):/i.test(host)) expect(usesTls(endpoint.value)).toBe(true);
      }),
    );
  });

  it("gives what it gave when it is handed its own form", async () => {
    await fc.assert(
      fc.property(anyHost, fc.boolean(), (host, verify) => {
        const endpoint = parseEndpoint(host, verify);
        if (endpoint.ok) expect(parseEndpoint(formatEndpoint(endpoint.value), verify)).toEqual(endpoint);
      }),
    );
  });
});
