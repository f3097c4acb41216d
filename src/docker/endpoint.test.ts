import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCEPTED_FORMS, formatEndpoint, parseEndpoint } from "./endpoint.ts";

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
    ["ssh://docker@edge-7", "ssh://docker@edge-7:22", "ssh://docker@edge-7:22"],
    ["SSH://docker@edge-7:2222", "ssh://docker@edge-7:2222", "ssh://docker@edge-7:2222"],
    ["ssh://docker@edge-7/", "ssh://docker@edge-7:22", "ssh://docker@edge-7:22"],
    ["ssh://docker@edge-7/var/run/docker.sock", "ssh://docker@edge-7:22", "ssh://docker@edge-7:22"],
    ["ssh://d.o-c_k$@edge-7/run/d.sock", "ssh://d.o-c_k$@edge-7:22/run/d.sock", "ssh://d.o-c_k$@edge-7:22/run/d.sock"],
    ["ssh://joe@corp.example@edge-7", "ssh://joe%40corp.example@edge-7:22", "ssh://joe%40corp.example@edge-7:22"],
    ["ssh://joe%40corp.example@edge-7", "ssh://joe%40corp.example@edge-7:22", "ssh://joe%40corp.example@edge-7:22"],
    ["ssh://CORP\\joe@edge-7", "ssh://CORP%5Cjoe@edge-7:22", "ssh://CORP%5Cjoe@edge-7:22"],
    ["ssh://CORP%5cjoe@edge-7:2222", "ssh://CORP%5Cjoe@edge-7:2222", "ssh://CORP%5Cjoe@edge-7:2222"],
    ["ssh://corp+joe@edge-7", "ssh://corp+joe@edge-7:22", "ssh://corp+joe@edge-7:22"],
    [
      "ssh://joe%20doe@edge-7/run/d@b.sock",
      "ssh://joe%20doe@edge-7:22/run/d@b.sock",
      "ssh://joe%20doe@edge-7:22/run/d@b.sock",
    ],
    ["ssh://a%3Ab@edge-7", "ssh://a%3Ab@edge-7:22", "ssh://a%3Ab@edge-7:22"],
    ["ssh://docker@[2001:db8::7]:22", "ssh://docker@[2001:db8::7]:22", "ssh://docker@[2001:db8::7]:22"],
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
    ["ssh://edge-7", "it must name a user without a password"],
    ["ssh://@edge-7", "it must name a user without a password"],
    ["ssh://docker:pass@edge-7", "it must name a user without a password"],
    ["ssh://joe%3@edge-7", "it must name a user without a password"],
    ["ssh://joe%FF@edge-7", "it must name a user without a password"],
    ["ssh://joe%0A@edge-7", "it must name a user without a password"],
    ["ssh://%2Djoe@edge-7", "it must name a user without a password"],
    ["ssh://joe[1]@edge-7", "it must name a user without a password"],
    [`ssh://${"x".repeat(257)}@edge-7`, "it must name a user without a password"],
    ["tcp://edge-7:2375,edge-8:2375", "it names several addresses, but a host is one daemon"],
    ["https://edge-7,edge-8/docker", "it names several addresses, but a host is one daemon"],
    ["ssh://-oProxyCommand=x@edge-7", "it must name a user without a password"],
    ["ssh://docker@", "the host or port is malformed"],
    ["ssh://docker@-edge", "the host or port is malformed"],
    ["ssh://docker@edge-7:0", "the port must be from 1 to 65535"],
    ["ssh://docker@edge-7/a b", "must not contain a query, a fragment, white space"],
    [`ssh://docker@edge-7/${"x".repeat(107)}`, "must not be longer than 107 bytes"],
    // None of these is the scheme that it looks like.
    [" tcp://edge-7", "it has no scheme"],
    ["\ttcp://edge-7", "it has no scheme"],
    ["tcp ://edge-7", "it has no scheme"],
    ["tc\u{440}://edge-7", "it has no scheme"],
    ["http\u{17f}://edge-7", "it has no scheme"],
    ["tcp:/edge-7", "it has no scheme"],
    ["tcp:\\\\edge-7", "it has no scheme"],
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

  it.each([
    ["ssh://joe@corp.example@edge-7", "joe@corp.example"],
    ["ssh://joe%40corp.example@edge-7", "joe@corp.example"],
    ["ssh://CORP\\joe@edge-7", "CORP\\joe"],
    ["ssh://CORP%5Cjoe@edge-7", "CORP\\joe"],
    ["ssh://corp+joe@edge-7", "corp+joe"],
    ["ssh://j%C3%BCrgen@edge-7", "j\u{fc}rgen"],
  ])("takes the user of %s as Docker does", (host, user) => {
    expect(parseEndpoint(host, false)).toMatchObject({ value: { kind: "ssh", user, host: "edge-7" } });
  });

  /** Texts that look like a host, and some that only nearly do. */
  const scheme = fc
    .tuple(fc.constantFrom("tcp", "http", "https", "unix", "ssh", "fd"), fc.infiniteStream(fc.boolean()))
    .map(([word, upper]) => [...word].map((c) => (upper.next().value ? c.toUpperCase() : c)).join(""));
  const noise = fc.constantFrom(
    "",
    "",
    "",
    " ",
    "\t",
    "\r\n",
    "\u{a0}",
    "\u{feff}",
    "\u{17f}",
    "\u{212a}",
    "\u0000",
    "%20",
  );
  const place = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.domain().map((name) => `docker@${name}`),
    fc.string(),
    fc.constantFrom("/run/d.sock", ""),
  );
  const port = fc.oneof(
    fc.constant(""),
    fc.integer({ min: 0, max: 70_000 }).map((number) => `:${number}`),
  );
  const anyHost = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc
      .tuple(noise, scheme, noise, fc.constantFrom("://", "://", "://", ":/", ":", ":///"), place, port, fc.webPath())
      .map((parts) => parts.join("")),
    fc
      .tuple(scheme, place, port, fc.oneof(fc.constant(""), fc.webPath()))
      .map(([word, ...rest]) => `${word}://${rest.join("")}`),
  );

  it("never throws", () => {
    fc.assert(
      fc.property(anyHost, fc.boolean(), (host, verify) => {
        const endpoint = parseEndpoint(host, verify);
        if (!endpoint.ok) expect(endpoint.failure.reason).toBe("InvalidEndpoint");
      }),
    );
  });

  it("speaks plaintext with verification only where the text itself says http://", () => {
    fc.assert(
      fc.property(anyHost, (host) => {
        const endpoint = parseEndpoint(host, true);
        const plaintext = endpoint.ok && endpoint.value.kind === "tcp" && endpoint.value.scheme !== "https";
        if (plaintext) expect(host).toMatch(/^http:\/\//i);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves its own output unchanged", () => {
    fc.assert(
      fc.property(anyHost, fc.boolean(), (host, verify) => {
        const endpoint = parseEndpoint(host, verify);
        if (endpoint.ok) expect(parseEndpoint(formatEndpoint(endpoint.value), verify)).toEqual(endpoint);
      }),
      { numRuns: 1_000 },
    );
  });

  it("generates inputs that can be used in these properties", () => {
    const kinds = new Set(
      fc.sample(anyHost, 1_000).map((host) => {
        const endpoint = parseEndpoint(host, true);
        return endpoint.ok ? formatEndpoint(endpoint.value).replace(/:.*/s, "") : "refused";
      }),
    );
    expect([...kinds].toSorted()).toEqual(["http", "https", "refused", "ssh", "unix"]);
  });
});
