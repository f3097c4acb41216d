import { createDialGuard, type DialGuard } from "../common/dial-guard.ts";
import { type IpNetwork, parseIpNetwork } from "../common/ip-network.ts";
import { failure, success } from "../common/result.ts";
import { flag } from "./flags/flags.ts";
import { boolean, list } from "./flags/values.ts";

/** What the program does not do, whatever an object asks for. */
export interface Fences {
  /** Stands before every connection to a daemon or a registry. */
  readonly guard: DialGuard;
  /** Whether daemons are reached over the network only where nobody can read along or pose as them. */
  readonly requireTls: boolean;
  /** The sockets of the file system at which daemons are reached; not given: all. */
  readonly allowedSockets?: readonly string[];
  /** Whether objects are not told what was met in the network beyond the reason. */
  readonly hidesNetworkDetails?: boolean;
}

/** The flags of all commands that connect. */
export interface FenceOptions {
  readonly allowedEndpointCidrs?: readonly IpNetwork[] | undefined;
  readonly deniedEndpointCidrs?: readonly IpNetwork[] | undefined;
  readonly requireTls?: boolean;
  readonly allowedSockets?: readonly string[] | undefined;
  readonly redactNetworkDetails?: boolean;
}

/**
 * Whose command line it is may reach the machine that the command runs on, whatever is not denied, and its sockets;
 * whoever may write a DockerHost must not reach what is beside the controller.
 */
const IS_FREE = { check: true, run: true, controller: false } as const;

/** @param surroundings addresses of which the program knows that nobody is to be led there */
export function createFences(
  options: FenceOptions,
  command: keyof typeof IS_FREE,
  surroundings: readonly IpNetwork[] = [],
): Fences {
  const { allowedEndpointCidrs: allowed = [], deniedEndpointCidrs: denied = [], requireTls = false } = options;
  const isFree = IS_FREE[command];
  return {
    guard: createDialGuard({ allowed, denied, loopback: isFree, namesAll: isFree, surroundings }),
    requireTls,
    ...(isFree ? {} : { allowedSockets: options.allowedSockets ?? [] }),
    hidesNetworkDetails: options.redactNetworkDetails ?? false,
  };
}

const networks = list<IpNetwork>(parseIpNetwork);

/** The warning where nothing is denied by choice. */
export const UNFENCED =
  "Whoever may write a DockerHost can lead the controller to Services and pods. Deny the cluster's pod and Service networks with --denied-endpoint-cidrs (in the chart: deniedEndpointCidrs).";

/** The flags of a command that connects, for its FlagSchema. */
export function fenceFlags(command: keyof typeof IS_FREE) {
  const builtIn = IS_FREE[command] ? "metadata and link-local" : "metadata, link-local, loopback, own and API server";
  return {
    deniedEndpointCidrs: flag(networks.optional(), {
      placeholder: "<networks>",
      isList: true,
      description:
        `never connect to daemons, registries and token services in these networks, beside the ${builtIn} ones; ` +
        "comma separated, or given several times",
    }),
    allowedEndpointCidrs: flag(networks.optional(), {
      placeholder: "<networks>",
      isList: true,
      description: "connect to these all the same: the longest prefix decides, and of equally long ones the denied",
    }),
    requireTls: flag(boolean.prefault("false"), {
      isSwitch: true,
      description:
        "refuse daemons in plaintext, over TLS without verification and over SSH without a check of the host's key; " +
        "local sockets stay, and so do registries that are marked `insecure`",
    }),
  };
}

const socketPath = (text: string) => {
  const path = text.replace(/^unix:\/\//i, "");
  return path.startsWith("/") ? success(path) : failure(`"${text}" is not the absolute path of a socket`);
};

/** The flags of a command whose hosts others write. */
export function tenantFlags() {
  return {
    allowedSockets: flag(list<string>(socketPath).optional(), {
      placeholder: "<paths>",
      isList: true,
      description:
        "the sockets in the controller's own file system at which `unix://` hosts may be reached, such as /var/run/docker.sock; comma separated, or given several times",
      defaultWords: "none",
    }),
    redactNetworkDetails: flag(boolean.prefault("false"), {
      isSwitch: true,
      description:
        "show in status and events only the reason why a connection failed, and no addresses or answers from the controller's network; the log has them",
    }),
  };
}
