import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { createLogger, LOG_ENCODINGS } from "./winston-logger.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
/** A line of the key itself: what must never be seen, in whatever form. */
const KEY_LINE = PEM.split("\n")[1] ?? "";
const PASSWORD = "CANARY-pa55word";
const TOKEN = "CANARY.t0ken_of-a/registry==";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const DOCKER_CONFIG = {
  auths: { "r.example.com": { username: "me", password: PASSWORD, auth: base64(`me:${PASSWORD}`) } },
};
const PRETTY_CONFIG = JSON.stringify(DOCKER_CONFIG, null, 2);
const REGISTRY_AUTH = base64(JSON.stringify({ username: "me", password: PASSWORD }));

/** What gives a secret away: each as it is, and as base64 and hexadecimal have it. */
const CANARIES = [
  ...[KEY_LINE, PASSWORD, TOKEN].flatMap((text) => [
    text,
    base64(text).replace(/=+$/, ""),
    Buffer.from(text).toString("hex"),
  ]),
  "CANARY",
  // The middle of longer texts, whose base64 depends on what goes before.
  base64(PEM).slice(60, 100),
  base64(`me:${PASSWORD}`),
  REGISTRY_AUTH.slice(20, 50),
  base64(JSON.stringify(DOCKER_CONFIG)).slice(20, 60),
  base64(PRETTY_CONFIG).slice(20, 60),
];

/** Texts that contain a secret, as in messages of errors and answers of daemons. */
const TEXTS: Readonly<Record<string, string>> = {
  "a PEM block": `could not parse ${PEM} as a key`,
  "a PEM block on one line": `body was ${JSON.stringify({ key_: PEM })}`,
  "a PEM block that is cut off": PEM.slice(0, 120),
  "a PEM block in a URL": `https://r.example.com/?k=${encodeURIComponent(PEM)}`,
  "a PEM block in base64": `tls.key: ${base64(PEM)}`,
  "a PEM block in base64 after one more byte": base64(`\n${PEM}`),
  "a PEM block in base64 after two more bytes": base64(`\r\n${PEM}`),
  "a PEM block in base64 by the line": base64(PEM).replace(/.{76}/g, "$&\n"),
  "a dockerconfigjson": JSON.stringify(DOCKER_CONFIG),
  "a dockerconfigjson for people": PRETTY_CONFIG,
  "a dockerconfigjson within JSON": JSON.stringify({ body: JSON.stringify(DOCKER_CONFIG) }),
  "a dockerconfigjson in base64": base64(JSON.stringify(DOCKER_CONFIG)),
  "a dockerconfigjson for people in base64": base64(PRETTY_CONFIG),
  "a password with a quote": JSON.stringify({ password: `"${PASSWORD}` }),
  "a bearer token": `sent Bearer ${TOKEN}`,
  "basic credentials": `sent Basic ${base64(`me:${PASSWORD}`)}`,
  "a header of any scheme": `authorization: Custom ${PASSWORD}`,
  "a header in JSON": JSON.stringify({ Authorization: PASSWORD }),
  "raw headers in JSON": JSON.stringify(["Proxy-Authorization", PASSWORD]),
  "the registry's header": `X-Registry-Auth: ${REGISTRY_AUTH}`,
  "the registry's header alone": REGISTRY_AUTH,
  "a cookie": `Set-Cookie: session=${PASSWORD}; Path=/`,
  "user and password in a URL": `GET https://me:${PASSWORD}@r.example.com/v2/`,
  "a password with an at sign in a URL": `GET https://me:p@${PASSWORD}@r.example.com/v2/`,
  "a token in a URL": `GET https://${PASSWORD}@r.example.com/v2/`,
  "a token in a query": `GET https://r.example.com/token?service=r&access_token=${PASSWORD}&scope=x`,
  "a token service's answer": JSON.stringify({ token: TOKEN, access_token: TOKEN, expires_in: 300 }),
};

/** Values that may contain a text. */
const WRAPPINGS: Readonly<Record<string, (text: string) => unknown>> = {
  "a field": (text) => text,
  "an error": (text) => new Error(text),
  "an error's code": (text) => Object.assign(new Error("outer"), { code: text }),
  "an error's cause": (text) => new Error("outer", { cause: new Error("middle", { cause: new TypeError(text) }) }),
  "a cause that is no error": (text) => new Error("outer", { cause: { body: [text] } }),
  "an aggregate of errors": (text) => new AggregateError([new Error("one"), new Error(text)], "several"),
  "an error while another was on its way": (text) => new SuppressedError(new Error(text), new Error(text), "two"),
  "an array": (text) => [1, [text]],
  "a Map": (text) => new Map<unknown, unknown>([[text, { inner: text }]]),
  "a Set": (text) => new Set([text]),
  "an object with a getter": (text) => ({
    get text() {
      return text;
    },
  }),
  "an object with a toJSON": (text) => ({ toJSON: () => text }),
  "a class with a toJSON": (text) =>
    new (class {
      toJSON() {
        return text;
      }
    })(),
  "an object's name": (text) => ({ [text]: 1 }),
  bytes: (text) => Buffer.from(text),
  "bytes as JSON": (text) => Buffer.from(text).toJSON(),
};

/** Values that are secret only because of their name. */
const NAMED: Readonly<Record<string, unknown>> = {
  headers: { authorization: PASSWORD, cookie: [PASSWORD], "x-registry-auth": PASSWORD, "X-Registry-Config": PASSWORD },
  rawHeaders: ["Accept", "*/*", "Authorization", PASSWORD, "Set-Cookie", PASSWORD],
  pairs: [["Authorization", PASSWORD]],
  map: new Map([["authorization", PASSWORD]]),
  secretObject: { kind: "Secret", data: { "tls.key": base64(PASSWORD) }, stringData: { any: PASSWORD } },
  entries: { "tls.key": PASSWORD, "key.pem": PASSWORD, "ssh-privatekey": PASSWORD, ".dockerconfigjson": PASSWORD },
  options: { key: PASSWORD, cert: PASSWORD, ca: PASSWORD, pfx: PASSWORD, passphrase: PASSWORD, privateKey: PASSWORD },
  credential: { kind: "basic", username: "me", password: PASSWORD },
  identityToken: TOKEN,
  lines: PEM.split("\n"),
  keyObject: privateKey,
  function: () => PASSWORD,
};

function written(encoding: (typeof LOG_ENCODINGS)[number], field: string, value: unknown): string {
  let text = "";
  const stream = { write: (chunk: string) => (text += chunk) };
  const logger = createLogger({ level: "debug", encoding, stream, clock: new FakeClock() });
  logger.error("Something failed", { [field]: value });
  logger.child({ [field]: value }).debug("Something was seen");
  return text;
}

function expectNoCanary(text: string): void {
  expect(text).toMatch(/Something failed[\s\S]*Something was seen/);
  for (const canary of CANARIES) expect(text).not.toContain(canary);
}

describe.each(LOG_ENCODINGS)("the log as %s", (encoding) => {
  it.each(Object.keys(TEXTS))("keeps %s out of every place", (what) => {
    for (const wrap of Object.values(WRAPPINGS)) expectNoCanary(written(encoding, "detail", wrap(TEXTS[what] ?? "")));
  });

  it.each(Object.keys(NAMED))("keeps out what is secret by its name: %s", (name) => {
    expectNoCanary(written(encoding, name, NAMED[name]));
    expectNoCanary(written(encoding, "detail", new Error("outer", { cause: { [name]: NAMED[name] } })));
  });

  it("keeps a secret out of its own constant words", () => {
    let text = "";
    const stream = { write: (chunk: string) => (text += chunk) };
    const logger = createLogger({ level: "debug", encoding, stream, clock: new FakeClock() });
    for (const secret of Object.values(TEXTS)) logger.info(secret);
    for (const canary of CANARIES) expect(text).not.toContain(canary);
  });
});
