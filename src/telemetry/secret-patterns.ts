/** Fields whose values are secret, whatever they hold: headers, entries of Secrets, options of Docker and of Node. */
const SECRET_FIELDS: readonly RegExp[] = [
  /pass(word|wd|phrase)|token|authorization|cookie|credential|dockerc(onfig|fg)|private.?key|api.?key|registry-(auth|config)/i,
  /^(auths?|secret|client.?secret|key|cert|ca|pfx|pem|data|stringdata)$/i,
  /[.-](key|pem|crt|privatekey)$/i,
];

/** Entries of JSON and of queries that are secret. In a dockerconfigjson `auth` is user and password. */
const ENTRY =
  "(?:auth|password|passwd|passphrase|secret|client_secret|token|identity_?token|registry_?token|access_token|refresh_token|id_token)";

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
  new RegExp(String.raw`(?<=[?&;\s]${ENTRY}=)[^\s&"']+`, "gi"),
];

/** What stands in the place of something secret. */
export const REDACTED = "[redacted]";

/** Whether a header of this name holds a secret. */
export function isSecretHeader(name: string): boolean {
  return /^((proxy-)?authorization|(set-)?cookie|x-registry-(auth|config)|[\w-]*token)$/i.test(name);
}

export function isSecretField(name: string): boolean {
  return SECRET_FIELDS.some((pattern) => pattern.test(name));
}

/** The text without what looks like a secret. */
export function withoutSecrets(text: string): string {
  return SECRET_TEXTS.reduce((safe, pattern) => safe.replace(pattern, REDACTED), text);
}
