import { type Result, success } from "../../common/result.ts";
import { isRecord } from "../kube-object.ts";
import type { KubeUser } from "./kubeconfig.ts";
import { type OidcSurroundings, refreshTokens } from "./oidc-refresh.ts";
import { writeTokens } from "./write-tokens.ts";

/** A token is replaced this long before it expires. */
const LEEWAY_MS = 10_000;

/** The ID token of the auth-provider `oidc`, which is refreshed and written to the kubeconfig, as kubectl does it. */
export class OidcTokens {
  readonly #user: KubeUser;
  readonly #around: OidcSurroundings;
  #config: Readonly<Record<string, string>>;
  #running: Promise<Result<string, string>> | undefined;

  constructor(user: KubeUser, config: Readonly<Record<string, string>>, around: OidcSurroundings) {
    this.#user = user;
    this.#config = config;
    this.#around = around;
  }

  async idToken(isRefused: (token: string) => boolean): Promise<Result<string, string>> {
    const token = this.#config["id-token"];
    if (token !== undefined && expiresAt(token) > this.#around.clock.now() + LEEWAY_MS && !isRefused(token))
      return success(token);
    this.#running ??= this.#refresh().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  async #refresh(): Promise<Result<string, string>> {
    const refreshed = await refreshTokens(this.#config, this.#around);
    if (!refreshed.ok) return refreshed;
    const { idToken, refreshToken } = refreshed.value;
    const changed = { "id-token": idToken, ...(refreshToken !== undefined && { "refresh-token": refreshToken }) };
    this.#config = { ...this.#config, ...changed };
    const { file, name } = this.#user;
    // Most issuers accept a refresh token only once, so the next command needs the new one.
    const written = file === undefined ? success(undefined) : await writeTokens(file, name, changed);
    if (!written.ok) this.#around.warn(`The new tokens of the OIDC issuer could not be written: ${written.failure}`);
    return success(idToken);
  }
}

/** Wall-clock milliseconds. A token that cannot be read counts as expired. */
function expiresAt(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return isRecord(claims) && typeof claims.exp === "number" ? claims.exp * 1_000 : 0;
  } catch {
    return 0;
  }
}
