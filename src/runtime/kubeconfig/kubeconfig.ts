import type { Cluster, Context, User } from "@kubernetes/client-node";

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** client-node's type. Paths are absolute. */
export interface KubeCluster extends Loose<Cluster> {
  readonly name: string;
  /** The cluster's extension for exec plugins, which a plugin receives as `spec.cluster.config`. */
  readonly execConfig?: unknown;
}

/** client-node's type and the fields that it drops. Paths are absolute. */
export interface KubeUser extends Loose<Omit<User, "exec" | "authProvider">> {
  readonly name: string;
  /** The kubeconfig that contains the user. */
  readonly file?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly exec?: ExecConfig | undefined;
  readonly authProvider?: AuthProvider | undefined;
  readonly impersonateUid?: string | undefined;
  readonly impersonateGroups?: readonly string[] | undefined;
  readonly impersonateExtra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** A program that prints credentials. */
export interface ExecConfig {
  readonly apiVersion: string | undefined;
  /** An absolute path, or a name that is looked up on the PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string | undefined;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: string | undefined;
}

export interface AuthProvider {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

export interface KubeContext extends Partial<Loose<Context>> {
  readonly name: string;
}

/** The content of one kubeconfig, or of several that are merged. */
export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, KubeCluster>;
  readonly users: ReadonlyMap<string, KubeUser>;
  readonly contexts: ReadonlyMap<string, KubeContext>;
  readonly currentContext: string | undefined;
}

/** As for kubectl, the first file that has an entry or a current context decides. Entries are never mixed. */
export function mergeKubeconfigs(all: readonly Kubeconfig[]): Kubeconfig {
  const reversed = all.toReversed();
  return {
    clusters: new Map(reversed.flatMap(({ clusters }) => [...clusters])),
    users: new Map(reversed.flatMap(({ users }) => [...users])),
    contexts: new Map(reversed.flatMap(({ contexts }) => [...contexts])),
    currentContext: all.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
  };
}
