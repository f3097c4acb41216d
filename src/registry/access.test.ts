import { describe, expect, it } from "vitest";
import { failed } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { type AccessRules, accessFor } from "./access.ts";
import { parseReference } from "./reference.ts";
import { parsePullSecret } from "./registry-credentials.ts";

function access(rules: Partial<AccessRules>, image: string) {
  const reference = parseReference(image);
  if (!reference.ok) throw new Error(reference.failure.message);
  return accessFor({ registries: [], credentials: [], ...rules }, reference.value);
}

describe("accessFor", () => {
  it("trusts the system's roots and shows nothing by default", () => {
    expect(access({}, "nginx")).toEqual({ ok: true, value: { trust: { roots: [] }, insecure: false } });
  });

  it("follows only the rule of the image's registry", () => {
    const registries = [
      { host: "Registry.example.com:5000", trust: success({ roots: ["pem"] }), insecure: false },
      { host: "plain.example.com", insecure: true },
      { host: "index.docker.io", trust: success({ roots: ["hub"] }), insecure: false },
    ];
    const of = (image: string) => access({ registries }, image);
    expect(of("registry.example.com:5000/a")).toMatchObject({ value: { trust: { roots: ["pem"] }, insecure: false } });
    expect(of("registry.example.com/a")).toMatchObject({ value: { trust: { roots: [] }, insecure: false } });
    expect(of("plain.example.com/a")).toMatchObject({ value: { insecure: true } });
    expect(of("nginx")).toMatchObject({ value: { trust: { roots: ["hub"] } } });
    expect(of("localhost:5000/a")).toMatchObject({ value: { insecure: false } });
  });

  it("lets a broken Secret affect only the images that need it", () => {
    const broken = failed("RegistryConfigInvalid", "the Secret certs is broken");
    const secret = parsePullSecret("regcred", {
      ".dockerconfigjson": JSON.stringify({ auths: { "b.io": { auth: "eA==" }, "c.io": { auth: "dTpw" } } }),
    });
    const rules = {
      registries: [{ host: "a.io", trust: broken, insecure: false }],
      credentials: secret.ok ? secret.value : [],
    };
    expect(access(rules, "a.io/x")).toBe(broken);
    expect(access(rules, "b.io/x")).toMatchObject({ ok: false, failure: { reason: "PullSecretInvalid" } });
    expect(access(rules, "c.io/x")).toMatchObject({ value: { credential: { username: "u", password: "p" } } });
    expect(access(rules, "d.io/x").ok).toBe(true);
  });
});
