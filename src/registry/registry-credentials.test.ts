import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ImageReference, parseReference } from "./reference.ts";
import { type AuthEntry, findCredential, parsePullSecret } from "./registry-credentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const user = (name: string) => ({ auth: base64(`${name}:secret`) });

function entries(file: unknown, key = ".dockerconfigjson"): readonly AuthEntry[] {
  const result = parsePullSecret("regcred", { [key]: JSON.stringify(file) });
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

function reference(text: string): ImageReference {
  const result = parseReference(text);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

/** The user name (or token) that would be shown for the image, or the reason, or nothing. */
function found(list: readonly AuthEntry[], image: string): string | undefined {
  const result = findCredential(list, reference(image));
  if (result === undefined) return undefined;
  if (!result.ok) return result.failure.reason;
  return result.value.kind === "basic" ? result.value.username : result.value.token;
}

describe("findCredential", () => {
  it.each([
    "https://index.docker.io/v1/",
    "index.docker.io",
    "docker.io",
    "registry-1.docker.io",
    "https://docker.io/v2/",
  ])("knows Docker Hub as %s", (key) => {
    const list = entries({ auths: { [key]: user("hub") } });
    expect(found(list, "nginx")).toBe("hub");
    expect(found(list, "team/app:1")).toBe("hub");
    expect(found(list, "ghcr.io/team/app")).toBeUndefined();
  });

  it.each([
    ["reg.example.com", "reg.example.com/a/b", true],
    ["https://reg.example.com", "reg.example.com/a", true],
    ["https://reg.example.com/v1/", "reg.example.com/a", true],
    ["REG.example.com", "reg.example.com/a", true],
    ["reg.example.com", "reg.example.com:5000/a", false],
    ["reg.example.com:5000", "reg.example.com:5000/a", true],
    ["reg.example.com/team", "reg.example.com/team", true],
    ["reg.example.com/team", "reg.example.com/team/app", true],
    ["reg.example.com/team/", "reg.example.com/team/app", true],
    ["reg.example.com/team", "reg.example.com/teams/app", false],
    ["reg.example.com/team", "reg.example.com/other", false],
    ["*.example.com", "reg.example.com/a", true],
    ["*.example.com", "example.com/a", false],
    ["*.example.com", "a.reg.example.com/a", false],
    ["r?g*.example.com", "reg-1.example.com/a", true],
    ["r?g.example.com", "reeg.example.com/a", false],
    ["*.example.com:5000", "reg.example.com:5000/a", true],
    ["[fd00::1]:5000", "[fd00::1]:5000/a", true],
    ["", "nginx", false],
  ])("an entry for %s and the image %s: %s", (key, image, expected) => {
    expect(found(entries({ auths: { [key]: user("it") } }), image)).toBe(expected ? "it" : undefined);
  });

  it("prefers an exact host, then the longest path, then the first", () => {
    const list = entries({
      auths: {
        "*.example.com/team/app": user("glob"),
        "reg.example.com": user("host"),
        "reg.example.com/team": user("team"),
        "https://reg.example.com": user("later"),
      },
    });
    expect(found(list, "reg.example.com/team/app")).toBe("team");
    expect(found(list, "reg.example.com/x")).toBe("host");
    expect(found(list, "other.example.com/team/app")).toBe("glob");
  });
});

describe("parsePullSecret", () => {
  it("splits auth at the first colon and drops old padding", () => {
    const list = entries({ auths: { "r.io": { auth: base64("me:a:b\0\0") } } });
    expect(findCredential(list, reference("r.io/a"))).toEqual({
      ok: true,
      value: { kind: "basic", username: "me", password: "a:b" },
    });
  });

  it("reads the legacy form, separate fields and tokens", () => {
    expect(found(entries({ "r.io": { username: "u", password: "p" } }, ".dockercfg"), "r.io/a")).toBe("u");
    expect(found(entries({ auths: { "r.io": { ...user("u"), identitytoken: "idt" } } }), "r.io/a")).toBe("idt");
    expect(found(entries({ auths: { "r.io": { registrytoken: "rt" } } }), "r.io/a")).toBe("rt");
  });

  it("takes an empty entry for none", () => {
    expect(found(entries({ auths: { "r.io": {} } }), "r.io/a")).toBeUndefined();
  });

  it("fails for an unusable entry only where an image needs it", () => {
    const list = entries({
      auths: {
        "a.io": { auth: base64("no-colon") },
        "b.io": { auth: base64(":no-user") },
        "c.io": { username: "u" },
        "d.io": user("good"),
        "e.io": { registrytoken: "a\nb" },
      },
    });
    expect(["a.io/x", "b.io/x", "c.io/x", "d.io/x", "e.io/x"].map((image) => found(list, image))).toEqual([
      "PullSecretInvalid",
      "PullSecretInvalid",
      "PullSecretInvalid",
      "good",
      "PullSecretInvalid",
    ]);
  });

  it("says that credential helpers are not available", () => {
    const list = entries({ credsStore: "desktop", credHelpers: { "gcr.io": "gcloud" }, auths: { "a.io": {} } });
    expect(found(list, "gcr.io/x")).toBe("CredentialHelperUnsupported");
    expect(found(list, "a.io/x")).toBe("CredentialHelperUnsupported");
    expect(found(list, "b.io/x")).toBeUndefined();
  });

  it("says so of a Secret that holds nothing else", () => {
    const files = { ".dockerconfigjson": JSON.stringify({ auths: {}, credsStore: "desktop" }) };
    const result = parsePullSecret("regcred", files);
    expect(result).toMatchObject({ ok: false, failure: { reason: "CredentialHelperUnsupported" } });
    expect(!result.ok && result.failure.message).toContain(
      "The Secret regcred leaves the credentials for every registry",
    );
  });

  it.each([[{}], [{ ".dockerconfigjson": "{ password" }], [{ ".dockerconfigjson": "[]" }], [{ ".dockercfg": '"x"' }]])(
    "refuses %j without quoting it",
    (files) => {
      const result = parsePullSecret("regcred", files);
      expect(result).toMatchObject({ ok: false, failure: { reason: "PullSecretInvalid" } });
      expect(JSON.stringify(result)).toContain("regcred");
      expect(JSON.stringify(result)).not.toContain("password");
    },
  );

  it("throws for no JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = parsePullSecret("s", { ".dockerconfigjson": JSON.stringify({ auths: value }) });
        if (result.ok) findCredential(result.value, { domain: "docker.io", path: "library/nginx" });
      }),
    );
  });
});

describe("a pull Secret of too many entries", () => {
  it("is refused, since every image would be held against each of them", () => {
    const auths = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`r${n}.example.com`, user("a")]));
    const parsed = parsePullSecret("regcred", { ".dockerconfigjson": JSON.stringify({ auths: auths(257) }) });
    expect(parsed).toMatchObject({ ok: false, failure: { reason: "PullSecretInvalid" } });
    expect(entries({ auths: auths(256) })).toHaveLength(256);
  });
});

describe("an empty entry", () => {
  it.each([
    ["Og==, as docker login of nobody writes it", { auth: base64(":") }],
    ["an empty auth", { auth: "" }],
    ["an empty user name and password", { username: "", password: "" }],
    ["nothing", {}],
    ["an empty pair with a line break", { auth: base64(":\n") }],
  ])("means that everybody may pull: %s", (_, auth) => {
    expect(found(entries({ auths: { "reg.example.com": auth } }), "reg.example.com/a")).toBeUndefined();
  });

  it.each([
    ["a password without a user name", { auth: base64(":secret") }],
    ["a user name without a password", { username: "me" }],
    ["no colon", { auth: base64("me") }],
  ])("is not one with %s", (_, auth) => {
    expect(found(entries({ auths: { "reg.example.com": auth } }), "reg.example.com/a")).toBe("PullSecretInvalid");
  });

  it.each(["token\n", "token\r\n"])("names the line break of a registry token", (registrytoken) => {
    const [entry] = entries({ auths: { "reg.example.com": { registrytoken } } });
    const message = entry?.credential.ok === false ? entry.credential.failure.message : "";
    expect(message).toContain("ends with a line break");
    expect(message).not.toContain("token\n");
  });
});
