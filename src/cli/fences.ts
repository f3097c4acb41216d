import { type Command, InvalidArgumentError, Option } from "commander";
import { createDialGuard, type DialGuard } from "../common/dial-guard.ts";
import { type IpNetwork, parseIpNetwork } from "../common/ip-network.ts";

/** What the program does not do, whatever an object asks for. */
export interface Fences {
  /** Stands before every connection to a daemon or a registry. */
  readonly guard: DialGuard;
  /** Whether daemons are reached over the network only where nobody can read along or pose as them. */
  readonly requireTls: boolean;
}

/** The flags of all commands that connect. */
export interface FenceOptions {
  readonly allowedEndpointCidrs: readonly IpNetwork[];
  readonly deniedEndpointCidrs: readonly IpNetwork[];
  readonly requireTls?: boolean;
}

/**
 * Whether the machine that the command runs on is reached without being allowed: whose command line it is may reach it
 * anyway, whoever may write a DockerHost must not reach what listens beside the controller.
 */
const LOOPBACK = { check: true, run: true, controller: false } as const;

export function createFences(options: FenceOptions, command: keyof typeof LOOPBACK): Fences {
  const { allowedEndpointCidrs: allowed, deniedEndpointCidrs: denied, requireTls = false } = options;
  return { guard: createDialGuard({ allowed, denied, loopback: LOOPBACK[command] }), requireTls };
}

export function withFenceOptions(command: Command, name: keyof typeof LOOPBACK): Command {
  const builtIn = LOOPBACK[name] ? "link-local" : "link-local and loopback";
  return command
    .addOption(
      new Option(
        "--denied-endpoint-cidrs <networks>",
        `never connect to daemons, registries and token services in these networks, beside the ${builtIn} ones; ` +
          "comma separated, or given several times",
      )
        .argParser(collectNetworks)
        .default([], "none"),
    )
    .addOption(
      new Option(
        "--allowed-endpoint-cidrs <networks>",
        "connect to these all the same: the longest prefix decides, and of equally long ones the denied",
      )
        .argParser(collectNetworks)
        .default([], "none"),
    )
    .option(
      "--require-tls",
      "refuse daemons in plaintext, over TLS without verification and over SSH without a check of the host's key; " +
        "local sockets stay, and so do registries that are marked `insecure`",
    );
}

/** Networks of one flag, which may stand there several times. */
function collectNetworks(text: string, before: readonly IpNetwork[]): readonly IpNetwork[] {
  const networks = text.split(",").map((part) => {
    const network = parseIpNetwork(part.trim());
    if (!network.ok) throw new InvalidArgumentError(network.failure);
    return network.value;
  });
  return [...before, ...networks];
}
