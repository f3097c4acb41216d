import { createDialGuard, type DialGuard } from "../common/dial-guard.ts";
import { type IpNetwork, parseIpNetwork } from "../common/ip-network.ts";
import { flag } from "./flags/flags.ts";
import { boolean, list } from "./flags/values.ts";

/** What the program does not do, whatever an object asks for. */
export interface Fences {
  /** Stands before every connection to a daemon or a registry. */
  readonly guard: DialGuard;
  /** Whether daemons are reached over the network only where nobody can read along or pose as them. */
  readonly requireTls: boolean;
}

/** The flags of all commands that connect. */
export interface FenceOptions {
  readonly allowedEndpointCidrs?: readonly IpNetwork[] | undefined;
  readonly deniedEndpointCidrs?: readonly IpNetwork[] | undefined;
  readonly requireTls?: boolean;
}

/**
 * Whether the machine that the command runs on is reached without being allowed: whose command line it is may reach it
 * anyway, whoever may write a DockerHost must not reach what listens beside the controller.
 */
const LOOPBACK = { check: true, run: true, controller: false } as const;

export function createFences(options: FenceOptions, command: keyof typeof LOOPBACK): Fences {
  const { allowedEndpointCidrs: allowed = [], deniedEndpointCidrs: denied = [], requireTls = false } = options;
  return { guard: createDialGuard({ allowed, denied, loopback: LOOPBACK[command] }), requireTls };
}

const networks = list<IpNetwork>(parseIpNetwork);

/** The flags of a command that connects, for its FlagSchema. */
export function fenceFlags(command: keyof typeof LOOPBACK) {
  const builtIn = LOOPBACK[command] ? "link-local" : "link-local and loopback";
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
