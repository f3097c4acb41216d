import { resolve } from "node:path";
import type { KubeCluster, KubeUser } from "./kubeconfig.ts";

/** What kubectl's flags of these names replace in a kubeconfig. */
export interface KubeconfigOverrides {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly server?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly as?: string | undefined;
  readonly asUid?: string | undefined;
  readonly asGroup?: readonly string[] | undefined;
  readonly asUserExtra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** A flag replaces what it contradicts: another way to verify the server, or the TLS name of another server. */
export function overrideCluster(cluster: KubeCluster, flags: KubeconfigOverrides): KubeCluster {
  const { server, tlsServerName, certificateAuthority: ca, insecureSkipTlsVerify: insecure = false } = flags;
  return {
    ...cluster,
    ...(server !== undefined && { server }),
    ...((server !== undefined || tlsServerName !== undefined) && { tlsServerName }),
    ...((ca !== undefined || insecure) && {
      caFile: ca === undefined ? undefined : resolve(ca),
      caData: undefined,
      skipTLSVerify: insecure,
    }),
  };
}

export function overrideUser(user: KubeUser, flags: KubeconfigOverrides): KubeUser {
  const { token, username, password, clientCertificate, clientKey, as, asUid, asGroup = [], asUserExtra } = flags;
  return {
    ...user,
    // As for kubectl, a token file of the kubeconfig goes before the flag.
    ...(token !== undefined && { token }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(clientCertificate !== undefined && { certFile: resolve(clientCertificate), certData: undefined }),
    ...(clientKey !== undefined && { keyFile: resolve(clientKey), keyData: undefined }),
    ...(as !== undefined && { impersonateUser: as }),
    ...(asUid !== undefined && { impersonateUid: asUid }),
    ...(asGroup.length > 0 && { impersonateGroups: asGroup }),
    ...(asUserExtra !== undefined && { impersonateExtra: asUserExtra }),
  };
}
