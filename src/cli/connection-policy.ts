import { createDialGuard, type DialGuard } from "../common/dial-guard.ts";
import { type IpNetwork, parseIpNetwork } from "../common/ip-network.ts";
import { failure, success } from "../common/result.ts";
import { type ProxyException, parseProxyException, parseProxyUrl, RegistryProxy } from "../registry/proxy.ts";
import { UsageError } from "./exit-codes.ts";
import { flag } from "./flags/flags.ts";
import { boolean, list, textSchema, words } from "./flags/values.ts";

/** The connection policy: what the program refuses to do, whatever an object asks for. */
export interface ConnectionPolicies {
  /** Checks every connection to a daemon or a registry before it is opened. */
  readonly guard: DialGuard;
  /** Whether daemons are reached over the network only if nobody can eavesdrop on them or impersonate them. */
  readonly requireTls: boolean;
  /** The sockets in the file system that may be used to reach daemons. All are allowed if this is not given. */
  readonly allowedSockets?: readonly string[];
  /** Whether status and events show only the reason of a failure, and nothing else about the network. */
  readonly hidesNetworkDetails?: boolean;
  /** The proxy in front of registries; daemons are never reached through it. */
  readonly registryProxy?: RegistryProxy | undefined;
}

/** The flags that all commands with connections share. */
export interface PolicyFlags {
  readonly allowedEndpointCidrs?: readonly IpNetwork[] | undefined;
  readonly deniedEndpointCidrs?: readonly IpNetwork[] | undefined;
  readonly requireTls?: boolean;
  readonly allowedSockets?: readonly string[] | undefined;
  readonly redactNetworkDetails?: boolean;
  readonly registryProxy?: URL | undefined;
  readonly registryNoProxy?: readonly ProxyException[] | undefined;
  readonly registryProxyAuthFile?: string | undefined;
}

/**
 * Users of the command line already have access to the machine on which it runs, so its loopback addresses and sockets
 * are allowed. Users who can write a DockerHost must not reach what runs next to the controller.
 */
const IS_FREE = { check: true, run: true, controller: false } as const;

/** @param surroundings addresses that hosts and registries must never lead to */
export function createPolicies(
  options: PolicyFlags,
  command: keyof typeof IS_FREE,
  surroundings: readonly IpNetwork[] = [],
): ConnectionPolicies {
  const { allowedEndpointCidrs: allowed = [], deniedEndpointCidrs: denied = [], requireTls = false } = options;
  const isFree = IS_FREE[command];
  return {
    guard: createDialGuard({ allowed, denied, loopback: isFree, namesAll: isFree, surroundings }),
    requireTls,
    ...(isFree ? {} : { allowedSockets: options.allowedSockets ?? [] }),
    hidesNetworkDetails: options.redactNetworkDetails ?? false,
    registryProxy: proxyOf(options),
  };
}

function proxyOf({
  registryProxy: url,
  registryNoProxy: noProxy = [],
  registryProxyAuthFile: credentialsFile,
}: PolicyFlags): RegistryProxy | undefined {
  if (url !== undefined) return new RegistryProxy({ url, noProxy, credentialsFile });
  if (credentialsFile !== undefined) throw new UsageError("--registry-proxy-auth-file needs --registry-proxy");
  return undefined;
}

const networks = list<IpNetwork>(parseIpNetwork);

/** The warning that is shown if the user denies no networks. */
export const UNRESTRICTED =
  "Anyone who can write a DockerHost can make the controller connect to Services and pods. Deny the cluster's pod and Service networks with --denied-endpoint-cidrs (in the chart: deniedEndpointCidrs).";

/** The flags of a command with connections, for its FlagSchema. */
export function policyFlags(command: keyof typeof IS_FREE) {
  const builtIn = IS_FREE[command] ? "metadata and link-local" : "metadata, link-local, loopback, own and API server";
  return {
    deniedEndpointCidrs: flag(networks.optional(), {
      placeholder: "<networks>",
      isList: true,
      description:
        `never connect to daemons, registries and token services in these networks, in addition to ${builtIn} ones; ` +
        "separate them with commas, or repeat the flag",
    }),
    allowedEndpointCidrs: flag(networks.optional(), {
      placeholder: "<networks>",
      isList: true,
      description:
        "allow connections to these networks even if a denied network contains them: the longest prefix decides; at equal length, deny wins",
    }),
    registryProxy: flag(textSchema(parseProxyUrl).optional(), {
      placeholder: "<url>",
      description:
        "HTTP proxy for requests to registries and token services, which resolves their names; daemons are never reached through it",
      defaultWords: "none; HTTP_PROXY and HTTPS_PROXY have no effect",
    }),
    registryNoProxy: flag(list<ProxyException>(parseProxyException).optional(), {
      placeholder: "<hosts>",
      isList: true,
      description:
        "registries and token services to reach without the proxy: hosts, domains with all that is below them, addresses and networks, separated by commas",
    }),
    registryProxyAuthFile: flag(words.optional(), {
      placeholder: "<file>",
      description: "file with USER:PASSWORD for the proxy; it is read again for each connection",
    }),
    requireTls: flag(boolean.prefault("false"), {
      isSwitch: true,
      description:
        "refuse daemons in plaintext, over TLS without verification and over SSH without verification of the host key; " +
        "local sockets and registries that are marked `insecure` stay allowed",
    }),
  };
}

const socketPath = (text: string) => {
  const path = text.replace(/^unix:\/\//i, "");
  return path.startsWith("/") ? success(path) : failure(`"${text}" is not the absolute path of a socket`);
};

/** The flags of a command that connects to hosts which other people define. */
export function tenantFlags() {
  return {
    allowedSockets: flag(list<string>(socketPath).optional(), {
      placeholder: "<paths>",
      isList: true,
      description:
        "sockets in the controller's own file system that `unix://` hosts may use, such as /var/run/docker.sock; separate them with commas, or repeat the flag",
      defaultWords: "none",
    }),
    redactNetworkDetails: flag(boolean.prefault("false"), {
      isSwitch: true,
      description:
        "show only the reason of a failed connection in status and events, and no addresses or answers from the controller's network; the log shows them",
    }),
  };
}
