import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  familiarName,
  type ImageReference,
  isImageId,
  normalizeRegistry,
  parseReference,
  registryOrigin,
  repositoryName,
  taggedName,
  tagOf,
} from "./reference.ts";

const SHA = `sha256:${"a".repeat(64)}`;

function parsed(text: string): ImageReference {
  const result = parseReference(text);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

function formatReference(reference: ImageReference): string {
  const { tag, digest } = reference;
  return `${repositoryName(reference)}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

describe("parseReference", () => {
  it.each([
    ["nginx", "docker.io/library/nginx", undefined, undefined],
    ["nginx:1.27", "docker.io/library/nginx", "1.27", undefined],
    ["library/nginx", "docker.io/library/nginx", undefined, undefined],
    ["team/app:x", "docker.io/team/app", "x", undefined],
    ["docker.io/nginx", "docker.io/library/nginx", undefined, undefined],
    ["index.docker.io/team/app", "docker.io/team/app", undefined, undefined],
    ["localhost/app", "localhost/app", undefined, undefined],
    ["localhost:5000/app:1", "localhost:5000/app", "1", undefined],
    ["registry.example.com:5000/a/b/c:V_1.2-x", "registry.example.com:5000/a/b/c", "V_1.2-x", undefined],
    ["Uppercase/app", "Uppercase/app", undefined, undefined],
    ["[fd00::1]:5000/app:1", "[fd00::1]:5000/app", "1", undefined],
    ["127.0.0.1:5000/app", "127.0.0.1:5000/app", undefined, undefined],
    ["a__b/c.d/e---f", "docker.io/a__b/c.d/e---f", undefined, undefined],
    [`nginx@${SHA}`, "docker.io/library/nginx", undefined, SHA],
    [`reg.io:1/app:2@${SHA}`, "reg.io:1/app", "2", SHA],
  ])("reads %s as Docker does", (text, repository, tag, digest) => {
    const reference = parsed(text);
    expect([repositoryName(reference), reference.tag, reference.digest]).toEqual([repository, tag, digest]);
  });

  it.each([
    ["", "nothing"],
    ["Nginx", "an upper-case repository"],
    ["docker.io/Nginx", "an upper-case repository with a registry"],
    ["/app", "an empty registry"],
    ["app/", "an empty component"],
    ["reg.io//app", "an empty component in between"],
    ["-a/b", "a leading separator"],
    ["a___b", "three underscores"],
    ["a..b", "two dots"],
    ["app:", "an empty tag"],
    ["app:-x", "a tag that starts with a dash"],
    [`app:${"x".repeat(129)}`, "a tag that is too long"],
    ["app@sha256:abc", "a short digest"],
    [`app@md5:${"a".repeat(64)}`, "an unknown algorithm"],
    [`app@${SHA}@${SHA}`, "two digests"],
    [SHA, "an image id"],
    ["a".repeat(64), "an image id without algorithm"],
    ["reg.io:99999/app", "a port that does not exist"],
    ["999.999.999.999/app", "an address that does not exist"],
    ["https://reg.io/app", "a URL"],
    ["user@reg.io/app", "user information"],
    ["reg.io/app?x=1", "a query"],
    ["reg.io/../app", "a relative path"],
    ["app\nx", "a line break"],
    [`reg.io/${"a".repeat(256)}`, "a repository that is too long"],
    [`${"a".repeat(2000)}`, "an absurd length"],
  ])("refuses %j: %s", (text) => {
    const result = parseReference(text);
    expect(result.ok ? formatReference(result.value) : result.failure.reason).toBe("InvalidReference");
  });

  it("keeps its messages short and on one line", () => {
    const result = parseReference(`x\n${"A".repeat(5_000)}`);
    expect(result.ok).toBe(false);
    if (!result.ok) {
      expect(result.failure.message.length).toBeLessThan(400);
      expect(result.failure.message).not.toContain("\n");
    }
  });

  it("throws for no text, and gives back its own output for every text that it accepts", () => {
    const alphabet = fc.constantFrom(..."abcXYZ019.-_:/@[]% \n", "docker.io/", "localhost", "sha256:", SHA);
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(alphabet, { maxLength: 30 }).map((a) => a.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseReference(text);
        if (!result.ok) return;
        expect(parseReference(formatReference(result.value))).toEqual(result);
        const short = parseReference(familiarName(result.value));
        expect(short.ok && repositoryName(short.value)).toBe(repositoryName(result.value));
        registryOrigin(result.value.domain, false);
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads back every reference of the grammar", () => {
    fc.assert(
      fc.property(references, (reference) => {
        expect(parseReference(formatReference(reference))).toEqual({ ok: true, value: reference });
        const { domain, path } = reference;
        expect(parseReference(familiarName(reference))).toEqual({ ok: true, value: { domain, path } });
      }),
      { numRuns: 500 },
    );
  });
});

// The grammar that github.com/distribution/reference publishes.
const label = fc
  .stringMatching(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,10}[a-zA-Z0-9])?$/)
  // The beginning of what only a few labels may follow, by the rules for URLs.
  .filter((text) => !/^xn--/i.test(text));
/** The last label of a name is not a number: that would be an address. */
const hostName = fc.tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.stringMatching(/^[a-z]{2,6}$/));
const host = fc.oneof(
  hostName.map(([labels, last]) => [...labels, last].join(".")),
  fc.ipV4(),
  fc
    .ipV6()
    .filter((address) => !address.includes("."))
    .map((address) => `[${address}]`),
);
const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
const domain = fc.oneof(
  fc.constantFrom("docker.io", "localhost", "ghcr.io"),
  fc.tuple(host, port).map(([name, number]) => (number === undefined ? name : `${name}:${number}`)),
);
const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
const hex = (length: number) => fc.stringMatching(new RegExp(`^[a-f0-9]{${length}}$`));
const references: fc.Arbitrary<ImageReference> = fc.record(
  {
    domain,
    path: fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join("/")),
    tag: fc.stringMatching(/^\w[\w.-]{0,127}$/),
    digest: fc.oneof(
      hex(64).map((text) => `sha256:${text}`),
      hex(96).map((text) => `sha384:${text}`),
      hex(128).map((text) => `sha512:${text}`),
    ),
  },
  { requiredKeys: ["domain", "path"] },
);

describe("names", () => {
  it("shows what Docker shows", () => {
    expect(familiarName(parsed("docker.io/library/nginx"))).toBe("nginx");
    expect(familiarName(parsed("docker.io/team/app"))).toBe("team/app");
    expect(familiarName(parsed("ghcr.io/team/app:1"))).toBe("ghcr.io/team/app");
    expect(taggedName(parsed("nginx"))).toBe("docker.io/library/nginx:latest");
    expect(tagOf(parsed("nginx"))).toBe("latest");
    expect(tagOf(parsed("nginx:1"))).toBe("1");
  });

  it("distinguishes image ids from names", () => {
    expect(isImageId(SHA)).toBe(true);
    expect(isImageId("a".repeat(64))).toBe(true);
    expect(isImageId("a".repeat(12))).toBe(false);
  });

  it("knows where registries are served", () => {
    expect(registryOrigin("docker.io", false).href).toBe("https://registry-1.docker.io/");
    expect(registryOrigin("lscr.io", false).href).toBe("https://ghcr.io/");
    expect(registryOrigin("Reg.Example.com:5000", false).href).toBe("https://reg.example.com:5000/");
    expect(registryOrigin("127.0.0.1:5000", true).href).toBe("http://127.0.0.1:5000/");
    expect(normalizeRegistry("index.docker.io")).toBe("docker.io");
  });
});
