import { base64, config, facts, GROUP, one, type Row, world } from "./world.ts";

/** An ID token that expired in 1970. Clients do not check its signature. */
const EXPIRED = `e30.${Buffer.from('{"exp":1}').toString("base64url")}.x`;
const oidc = (idToken: string, config: object = {}) => ({
  "auth-provider": {
    name: "oidc",
    config: { "idp-issuer-url": world.issuerUrl, "client-id": "me", "id-token": idToken, ...config },
  },
});

/** Who asks, and as whom. */
export const USER_ROWS: Readonly<Record<string, Row>> = {
  "a token": { files: one(() => ({})), works: true },
  "a wrong token": { files: one(() => ({ user: { token: "x" } })), works: false, says: /not accept your credentials/ },
  "no user": { files: one(() => ({ context: { user: "" } })), works: false },
  "a tokenFile, relative": {
    files: () => ({ config: config({ user: { tokenFile: "token" } }), token: `${facts.token}\n` }),
    works: true,
  },
  "a tokenFile, which goes before a token": {
    files: () => ({ config: config({ user: { token: "x", tokenFile: "token" } }), token: facts.token }),
    works: true,
  },
  "a tokenFile that is wrong, beside a token that is right": {
    files: () => ({ config: config({ user: { token: facts.token, tokenFile: "token" } }), token: "x" }),
    works: false,
    says: /not accept your credentials/,
  },
  "a token that is a number": { files: one(() => ({ user: { token: 12345 } })), works: false },
  "a user name and a password, which this API server does not accept": {
    files: one(() => ({ user: { username: "jane", password: "secret" } })),
    works: false,
    says: /system:anonymous/,
  },
  "a token and a password": {
    files: one(() => ({ user: { token: facts.token, username: "jane", password: "secret" } })),
    works: false,
    says: /a token and a password/,
  },
  "a client certificate without its key": {
    files: one(() => ({ user: { token: facts.token, "client-certificate-data": base64(facts.ca) } })),
    works: false,
    says: /without its client-key/,
  },
  "a tokenFile that is missing": {
    files: one(() => ({ user: { tokenFile: "none" } })),
    works: false,
    says: /token file .*ENOENT/,
  },
  "the flag --token": { files: one(() => ({ user: {} })), args: ["--token", facts.token], works: true },
  "a tokenFile, which goes before the flag --token": {
    files: () => ({ config: config({ user: { tokenFile: "token" } }), token: facts.token }),
    args: ["--token", "x"],
    works: true,
  },
  as: { files: one(() => ({ user: { token: facts.token, as: "nobody" } })), works: false },
  "as-groups": {
    files: one(() => ({ user: { token: facts.token, as: "nobody", "as-groups": ["one", GROUP] } })),
    works: true,
  },
  "as-uid and as-user-extra": {
    files: one(() => ({
      user: {
        token: facts.token,
        as: "nobody",
        "as-uid": "7",
        "as-groups": [GROUP],
        "as-user-extra": { "example.com/Scope": ["a", "b"] },
      },
    })),
    works: true,
  },
  "as-groups without as": { files: one(() => ({ user: { token: facts.token, "as-groups": [GROUP] } })), works: false },
  "the flags --as and --as-group": {
    files: one(() => ({})),
    args: ["--as", "nobody", "--as-group", "a", "--as-group", GROUP],
    works: true,
  },
  "the flag --as": { files: one(() => ({})), args: ["--as", "nobody"], works: false, says: /nobody/ },
  "the flags --as-uid and --as-user-extra": {
    files: one(() => ({})),
    args: ["--as=nobody", `--as-group=${GROUP}`, "--as-uid=7", "--as-user-extra=scopes=a", "--as-user-extra=scopes=b"],
    works: true,
  },
  "the flag --as-group without --as": { files: one(() => ({})), args: ["--as-group", GROUP], works: false },
  "the flags --username and --password": {
    files: one(() => ({ user: {} })),
    args: ["--username", "jane", "--password", "secret"],
    works: false,
    says: /system:anonymous/,
  },
  "an auth-provider that no longer exists": {
    files: one(() => ({ user: { "auth-provider": { name: "gcp" } } })),
    works: false,
  },
  "an auth-provider oidc with a valid ID token": {
    files: one(() => ({ user: oidc(world.accountToken) })),
    works: true,
  },
  "an auth-provider oidc whose ID token has expired": {
    files: one(() => ({ user: oidc(EXPIRED, { "refresh-token": "refresh" }) })),
    works: true,
  },
  "an auth-provider oidc without a refresh token": {
    files: one(() => ({ user: oidc(EXPIRED) })),
    works: false,
    says: /no refresh-token/,
  },
};
