/** Fields whose values are secret, whatever they hold: headers, entries of Secrets, options of Docker and of Node. */
const SECRET_FIELDS: readonly RegExp[] = [
  /pass(word|wd|phrase)|token|authorization|cookie|credential|dockerc(onfig|fg)|private.?key|api.?key|registry-(auth|config)/i,
  /^(auths?|secret|client.?secret|key|cert|ca|pfx|pem|data|stringdata)$/i,
  /[.-](key|pem|crt|privatekey)$/i,
];

/** Entries of JSON and of queries that are secret. In a dockerconfigjson `auth` is user and password. */
const ENTRY =
  "(?:auth|password|passwd|passphrase|secret|client_secret|token|identity_?token|registry_?token|access_token|refresh_token|id_token)";

/** Of these the ones after which a colon gives the value; a message also says "token: it is missing". */
const NAMED =
  "(?:password|passwd|passphrase|client_secret|identity_?token|registry_?token|access_token|refresh_token|id_token)";

/** The value after such a name: in quotes, or up to a blank or separator. */
const VALUE = String.raw`(?:"(?:[^"\\\r\n]|\\.)*"?|'[^'\r\n]*'?|[^\s&"']+)`;

/** Each takes linear time but for short runs: the texts come from others. */
const SECRET_TEXTS: readonly RegExp[] = [
  // A PEM block, also one that was cut off, also as it stands in a URL.
  /-----BEGIN[ +%\w]{0,64}-----[\s\S]*?(-----END[ +%\w]{0,64}-----|$)/g,
  // The same in base64, as in a Secret's data; three forms, by how many bytes go before.
  /(?:LS0tLS1CRUdJTi|LS0tQkVHSU4|LS0tLUJFR0lO)(?:[\w+/=-]|\\[rn]|[\r\n])*/g,
  // A JSON object in base64: dockerconfigjson, X-Registry-Auth, JSON Web Tokens.
  /\b(?:eyJ|eyAi|ewo[gJ]|ew0K)[\w+/=.-]{12,}/g,
  // A header; its value goes to the end of the line, or of the text that it stands in.
  /\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-registry-(?:auth|config))\b["']?\s{0,8}[:=,]\s{0,8}["']?[^\r\n"']+/gi,
  /\b(?:Bearer|Basic|Digest|Negotiate)\s+[\w.~+/=-]{8,}/gi,
  // User and password in a URL, and a token in the place of the user.
  /(?<=:\/\/)[^\s/@:]*:[^\s/]*(?=@)/g,
  /(?<=https?:\/\/)[^\s/@:]+(?=@)/gi,
  // An entry of JSON, also of JSON within JSON.
  new RegExp(String.raw`\\{0,8}"${ENTRY}\\{0,8}"\s{0,8}:\s{0,8}\\{0,8}"(?:[^"\\]|\\[\s\S])*(?:"|$)`, "gi"),
  // `token=...` of a query, a command line or an environment, wherever it stands.
  new RegExp(`(?<=${ENTRY} {0,4}= {0,4})${VALUE}`, "gi"),
  // `password: ...` of YAML or of a message.
  new RegExp(String.raw`(?<=${NAMED}["']?[ \t]{0,4}:[ \t]{1,8})${VALUE}`, "gi"),
  /(?<=\b(?:token|secret|auth)["']?[ \t]{0,4}:[ \t]{0,8}["']?)[\w.~+/=-]{16,}/gi,
];

/** Namespace and name of an object. */
const OBJECT_KEY = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** What stands in the place of something secret. */
export const REDACTED = "[redacted]";

/** Whether a header of this name holds a secret. */
export function isSecretHeader(name: string): boolean {
  return /^((proxy-)?authorization|(set-)?cookie|x-registry-(auth|config)|[\w-]*token)$/i.test(name);
}

/** @param value tells the `key` of an object, `fleet/edge-7`, from that of a certificate */
export function isSecretField(name: string, value: unknown): boolean {
  if (name === "key" && typeof value === "string" && OBJECT_KEY.test(value)) return false;
  return SECRET_FIELDS.some((pattern) => pattern.test(name));
}

/** The text without what looks like a secret. */
export function withoutSecrets(text: string): string {
  return SECRET_TEXTS.reduce((safe, pattern) => safe.replace(pattern, REDACTED), text);
}
