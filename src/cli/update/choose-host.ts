import type { DockerHostObject } from "../../api/docker-host.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import { UsageError } from "../exit-codes.ts";

export interface Wish {
  readonly host: DockerHostObject;
  /** Names of containers; none with --all. */
  readonly containers: readonly string[];
}

export interface WishOptions {
  readonly filename?: readonly string[];
  readonly all?: boolean;
  readonly digest?: string | undefined;
}

/** Throws UsageError if an operand is what a flag has to name. Nothing has been read or connected yet. */
export function refuseMisplaced(operands: readonly string[], { filename }: WishOptions): void {
  // With -f, the first one may be NAMESPACE/NAME.
  const isKey = filename !== undefined && /^[^/:]+\/[^/:]+$/.test(operands[0] ?? "");
  const wrong = operands.slice(isKey ? 1 : 0).find((operand) => operand.includes("/"));
  if (wrong === undefined) return;
  throw new UsageError(
    wrong.includes("://")
      ? `${wrong} is an address, not the name of a container; did you mean --host ${wrong}?`
      : `${wrong} is a path, not the name of a container; did you mean -f ${wrong}?`,
  );
}

/** Reads the operands: with -f the host comes first. Throws UsageError. */
export function chooseHost(
  operands: readonly string[],
  hosts: readonly DockerHostObject[],
  options: WishOptions,
): Wish {
  const [host, containers] =
    options.filename === undefined ? [hosts[0], operands] : [named(operands[0], hosts), operands.slice(1)];
  if (host === undefined) throw new UsageError("There is no DockerHost to update");
  if (options.digest !== undefined && (options.all === true || containers.length !== 1)) {
    throw new UsageError("--digest is for one container: name it, without --all");
  }
  if ((options.all === true) === containers.length > 0) {
    throw new UsageError(
      containers.length > 0
        ? "Name containers or use --all, but not both"
        : "Name the containers to update, or use --all for every outdated one",
    );
  }
  return { host, containers };
}

function named(name: string | undefined, hosts: readonly DockerHostObject[]): DockerHostObject {
  const [only, ...others] = hosts;
  if (name === undefined) {
    if (only !== undefined && others.length === 0) return only;
    throw new UsageError(`Name the host to update: ${list(hosts)}`);
  }
  const found = hosts.filter((host) => host.metadata.name === name || keyOf(host) === name);
  const [host, second] = found;
  if (host === undefined) throw new UsageError(`There is no DockerHost "${name}" in the manifests: ${list(hosts)}`);
  if (second !== undefined) throw new UsageError(`Several DockerHosts have this name: ${list(found)}`);
  return host;
}

function list(hosts: readonly DockerHostObject[]): string {
  const names = hosts.map(keyOf);
  return names.length > 10 ? `${names.slice(0, 10).join(", ")} and ${names.length - 10} more` : names.join(", ");
}
