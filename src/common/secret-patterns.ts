/** Fields whose values are always secret: headers, entries of Secrets, options of Docker and of Node. */
const SECRET_FIELDS: readonly RegExp[] = [
  /pass(word|wd|phrase)|token|authorization|cookie|credential|dockerc(onfig|fg)|private.?key|api.?key|registry-(auth|config)/i,
  /^(auths?|secret|client.?secret|key|cert|ca|pfx|pem|data|stringdata)$/i,
  /[.-](key|pem|crt|privatekey)$/i,
];

/** Names of secret entries in JSON and in queries. In a dockerconfigjson, `auth` contains user and password. */
const ENTRY =
  "(?:auth|password|passwd|passphrase|secret|client_secret|token|identity_?token|registry_?token|access_token|refresh_token|id_token)";

/**
 * The names after which a colon is followed by the value. `token` is left out, since a message can say "token: it is
 * missing".
 */
const NAMED =
  "(?:password|passwd|passphrase|client_secret|identity_?token|registry_?token|access_token|refresh_token|id_token)";

/** The value after such a name, either in quotes or up to a space or separator. */
const VALUE = String.raw`(?:"(?:[^"\\\r\n]|\\.)*"?|'[^'\r\n]*'?|[^\s&"']+)`;

/** Each pattern takes linear time except on short runs, because the texts come from untrusted servers. */
const SECRET_TEXTS: readonly RegExp[] = [
  // A PEM block, even if it was cut off or URL-encoded.
  /-----BEGIN[ +%\w]{0,64}-----[\s\S]*?(-----END[ +%\w]{0,64}-----|$)/g,
  // A PEM block in base64, as in a Secret's data. It has three forms, depending on the number of bytes in front of it.
  /(?:LS0tLS1CRUdJTi|LS0tQkVHSU4|LS0tLUJFR0lO)(?:[\w+/=-]|\\[rn]|[\r\n])*/g,
  // A JSON object in base64: dockerconfigjson, X-Registry-Auth, JSON Web Tokens.
  /\b(?:eyJ|eyAi|ewo[gJ]|ew0K)[\w+/=.-]{12,}/g,
  // A header, whose value extends to the end of the line or of the surrounding string.
  /\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-registry-(?:auth|config))\b["']?\s{0,8}[:=,]\s{0,8}["']?[^\r\n"']+/gi,
  /\b(?:Bearer|Basic|Digest|Negotiate)\s+[\w.~+/=-]{8,}/gi,
  // User and password in a URL, or a token in place of the user.
  /(?<=:\/\/)[^\s/@:]*:[^\s/]*(?=@)/g,
  /(?<=https?:\/\/)[^\s/@:]+(?=@)/gi,
  // An entry of JSON, including JSON inside a JSON string.
  new RegExp(String.raw`\\{0,8}"${ENTRY}\\{0,8}"\s{0,8}:\s{0,8}\\{0,8}"(?:[^"\\]|\\[\s\S])*(?:"|$)`, "gi"),
  // `token=...` in a query, a command line or an environment, at any position.
  new RegExp(`(?<=${ENTRY} {0,4}= {0,4})${VALUE}`, "gi"),
  // `password: ...` in YAML or in a message.
  new RegExp(String.raw`(?<=${NAMED}["']?[ \t]{0,4}:[ \t]{1,8})${VALUE}`, "gi"),
  /(?<=\b(?:token|secret|auth)["']?[ \t]{0,4}:[ \t]{0,8}["']?)[\w.~+/=-]{16,}/gi,
];

/** Matches every text in which one of the patterns finds something, and few others. */
const SIGNS =
  /-----BEGIN|LS0t|eyJ|eyAi|ew[o0]|auth|cookie|registry|pass|secret|token|bearer|basic|digest|negotiate|:\/\//i;

/** The namespace and name of an object, as in `fleet/edge-7`. */
const OBJECT_KEY = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The text that replaces a secret. */
export const REDACTED = "[redacted]";

/** Whether the value of a header with this name is secret. */
export function isSecretHeader(name: string): boolean {
  return /^((proxy-)?authorization|(set-)?cookie|x-registry-(auth|config)|[\w-]*token)$/i.test(name);
}

/** @param value distinguishes the `key` of an object, such as `fleet/edge-7`, from that of a certificate */
export function isSecretField(name: string, value: unknown): boolean {
  if (name === "key" && typeof value === "string" && OBJECT_KEY.test(value)) return false;
  return SECRET_FIELDS.some((pattern) => pattern.test(name));
}

/** Replaces everything in the text that looks like a secret. */
export function withoutSecrets(text: string): string {
  if (!SIGNS.test(text)) return text;
  return SECRET_TEXTS.reduce((safe, pattern) => safe.replace(pattern, REDACTED), text);
}
