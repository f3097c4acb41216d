import { describe, expect, it } from "vitest";
import { redact, redactText } from "./redact.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49CANARY\n-----END PRIVATE KEY-----";

describe("redact", () => {
  it.each([
    ["a PEM block in a text", `could not parse ${PEM} at line 3`],
    ["a PEM block that is cut off", "-----BEGIN PRIVATE KEY-----\nMIGHCANARY"],
    ["a bearer token", "Authorization was Bearer CANARYCANARY"],
    ["user and password in a URL", "GET https://user:CANARY@registry.example.com/v2/"],
    ["a JSON Web Token", "token eyJhbGciOiJCANARY.eyJzdWIiCANARY.c2lnCANARY was refused"],
    ["a field of a secret name", { headers: { authorization: "CANARY" } }],
    ["an error within an error", new Error("outer", { cause: new Error(`inner ${PEM}`) })],
    ["an aggregate of errors", new AggregateError([new Error(PEM)], "several")],
    ["a Secret's data", { kind: "Secret", data: { "tls.key": "CANARY" } }],
    ["a token at the start of a text", "token=CANARY was refused"],
    ["a token behind a bracket", "(access_token=CANARY)"],
    ["a password of an environment", "DB_PASSWORD=CANARY"],
    ["a password in quotes with blanks", 'password="CAN CANARY"'],
    ["a password after a colon", "password: CANARY"],
    ["a password of YAML in quotes", "  passphrase: 'it is CANARY'\nother: x"],
    ["a password after a colon within a text", 'login failed with password: "CANARY", try again'],
    ["a long token after a colon", "token: CANARYCANARYCANARY"],
    ["a key that is no object's", { key: "CANARY" }],
    ["bytes", { body: Buffer.from("CANARY") }],
  ])("keeps %s out", (_what, value) => {
    expect(JSON.stringify(redact(value))).not.toContain("CANARY");
  });

  it("keeps an error's name, message, code and cause", () => {
    const error = Object.assign(new Error("outer", { cause: new Error("inner") }), { code: "ECONNREFUSED" });
    expect(redact(error)).toMatchObject({
      name: "Error",
      message: "outer",
      code: "ECONNREFUSED",
      cause: { message: "inner" },
    });
  });

  it("cuts long texts only after their secrets are out", () => {
    const text = `${"x".repeat(4085)} https://user:CANARYCANARY@registry.example.com/`;
    const safe = redactText(text);
    expect(safe).not.toContain("CAN");
    expect(safe.length).toBeLessThan(4200);
  });

  it.each([
    "eyJ-",
    "-----BEGIN ",
    "LS0tQkVHSU4",
    "\\",
    '\\"auth',
    "://a:",
    "https://a",
    "Bearer ",
    "cookie ",
    "?token=",
    "token=",
    "password: ",
    "password    ",
    'password: "',
    '"',
  ])("takes no quadratic time for a text of many %j", (beginning) => {
    expect(String(redact(beginning.repeat(250_000))).length).toBeLessThan(4_100);
  });

  it("shows no half of a secret that was read only in part", () => {
    const text = `${PEM}${"x ".repeat(8_100)}`;
    const cutAt = 16_384 - text.length;
    const filled = `${text}${" ".repeat(cutAt - 30)}https://user:CANARYCANARYCANARYCANARY@r.example.com/`;
    expect(redactText(filled)).not.toContain("CAN");
  });

  it("does not change what is not secret", () => {
    const value = {
      image: "registry.example.com:5000/team/app:1",
      digest: `sha256:${"a".repeat(64)}`,
      tlsverify: true,
      endpoint: "ssh://docker@edge-7.example.com:22",
      advice: "it wants Basic or Bearer; see https://example.com/docs#basic and set spec.tls.certSecretRef",
      key: "fleet/edge-7",
      nested: { key: "default/edge-7.example.com" },
      words: "a token: it is missing, and the password was not given; the auth: none",
      keys: ["ca.pem", "cert.pem", "key.pem"],
      at: new Date(0),
      url: new URL("https://example.com/"),
    };
    const plain = JSON.parse(JSON.stringify(value)) as unknown;
    expect(redact(value)).toEqual(plain);
  });

  it("ends at a bounded depth", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(JSON.stringify(redact(loop))).toContain("[too deep]");
  });
});
