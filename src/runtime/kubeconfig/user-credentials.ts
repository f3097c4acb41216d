import { failure, type Result, success } from "../../common/result.ts";
import { trustRoots } from "../../common/trust-roots.ts";
import type { ClusterCredentials, ClusterTls } from "../cluster.ts";
import { ExecPlugin, type PluginSurroundings } from "./exec-plugin.ts";
import { impersonationHeaders } from "./impersonation.ts";
import type { KubeUser } from "./kubeconfig.ts";
import { material } from "./material.ts";
import { OidcTokens } from "./oidc-tokens.ts";
import type { SelectedContext } from "./select-context.ts";

/** What authenticates a user, in addition to the certificate in the kubeconfig. */
interface Login {
  readonly authorization?: string;
  readonly cert?: string;
  readonly key?: string;
}

type LoginSource = (rejected: ClusterCredentials | undefined) => Promise<Result<Login, string>>;

/** Reads the credentials of a context each time it is asked. It keeps only what plugins and issuers gave. */
export class CredentialReader {
  readonly #selected: SelectedContext;
  readonly #login: LoginSource;
  #roots: readonly string[] | undefined;

  constructor(selected: SelectedContext, around: PluginSurroundings & { readonly warn: (message: string) => void }) {
    this.#selected = selected;
    this.#login = loginSource(selected, around);
  }

  /** @param rejected credentials that the API server did not accept */
  async read(rejected?: ClusterCredentials): Promise<Result<ClusterCredentials, string>> {
    const { cluster, user } = this.#selected;
    // Credentials are only sent over TLS.
    if (cluster.server.startsWith("http://")) return success({ headers: {}, tls: { rejectUnauthorized: true } });
    const login = await this.#login(rejected);
    if (!login.ok) return login;
    const tls = await this.#tls(login.value);
    if (!tls.ok) return tls;
    const { authorization } = login.value;
    const headers = { ...impersonationHeaders(user), ...(authorization !== undefined && { authorization }) };
    return success({ headers, tls: tls.value });
  }

  async #tls(login: Login): Promise<Result<ClusterTls, string>> {
    const { cluster, user } = this.#selected;
    const ca = await material("the certificate authority", cluster.caFile, cluster.caData);
    if (!ca.ok) return ca;
    if (ca.value?.includes("-----BEGIN ") === false)
      return failure("the certificate authority in the kubeconfig has no certificate in the format PEM");
    const cert = await material("the client certificate", user.certFile, user.certData);
    if (!cert.ok) return cert;
    const key = await material("the client key", user.keyFile, user.keyData);
    if (!key.ok) return key;
    const { tlsServerName } = cluster;
    const pair = login.cert === undefined ? { cert: cert.value, key: key.value } : { cert: login.cert, key: login.key };
    const verifies = cluster.skipTLSVerify !== true;
    const trusted = ca.value ?? (verifies ? this.#systemRoots() : undefined);
    return success({
      rejectUnauthorized: verifies,
      ...(trusted !== undefined && { ca: trusted }),
      ...(pair.cert !== undefined && { cert: pair.cert }),
      ...(pair.key !== undefined && { key: pair.key }),
      ...(tlsServerName !== undefined && { servername: tlsServerName }),
    });
  }

  #systemRoots(): readonly string[] {
    this.#roots ??= trustRoots();
    return this.#roots;
  }
}

/** Chooses like kubectl: what the kubeconfig states goes before what a plugin would give. */
function loginSource(
  { cluster, user }: SelectedContext,
  around: PluginSurroundings & { readonly warn: (message: string) => void },
): LoginSource {
  const { exec, authProvider } = user;
  if (user.token !== undefined || user.tokenFile !== undefined) return () => tokenLogin(user);
  if (user.username !== undefined || user.password !== undefined) {
    const login = Buffer.from(`${user.username ?? ""}:${user.password ?? ""}`).toString("base64");
    return async () => success({ authorization: `Basic ${login}` });
  }
  if (exec !== undefined) {
    const plugin = new ExecPlugin(exec, cluster, around);
    return async (rejected) => {
      const given = await plugin.credential(
        ({ token, cert }) =>
          rejected !== undefined &&
          (token === undefined ? rejected.tls.cert === cert : rejected.headers.authorization === `Bearer ${token}`),
      );
      if (!given.ok) return given;
      const { token, cert, key } = given.value;
      return success({
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(cert !== undefined && key !== undefined && { cert, key }),
      });
    };
  }
  if (authProvider !== undefined) {
    const tokens = new OidcTokens(user, authProvider.config, around);
    return async (rejected) => {
      const token = await tokens.idToken(
        (each) => rejected !== undefined && rejected.headers.authorization === `Bearer ${each}`,
      );
      return token.ok ? success({ authorization: `Bearer ${token.value}` }) : token;
    };
  }
  return async () => success({});
}

/** The file goes before the token of the kubeconfig, which is used if the file cannot be read. */
async function tokenLogin({ token, tokenFile }: KubeUser): Promise<Result<Login, string>> {
  const read = await material("the token file", tokenFile, undefined);
  if (!read.ok && token === undefined) return read;
  const found = (read.ok ? read.value?.toString("utf8").trim() : undefined) || token;
  if (found === undefined) return failure(`the token file ${tokenFile} is empty`);
  if (/[^\x21-\x7e]/.test(found)) return failure("the token contains characters that no token has");
  return success({ authorization: `Bearer ${found}` });
}
