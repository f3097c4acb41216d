import { findCondition } from "../../api/conditions.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Outcome } from "../../api/failure.ts";
import { planReplacement } from "../../replacement/replace.ts";
import type { ReplacementRequest } from "../../replacement/request.ts";
import { CommandFailed } from "../exit-codes.ts";
import type { Daemon } from "./daemon.ts";
import { failureText } from "./failure-text.ts";
import type { PlannedUpdate } from "./plan-lines.ts";
import { namedTargets, outdatedTargets, type Selection, type Skipped, type Target } from "./targets.ts";
import type { UpdateOptions } from "./update-options.ts";

/** Docker's grammar of names, which also matches ids. */
const CONTAINER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

export interface Plans {
  readonly planned: readonly (PlannedUpdate & { readonly request: ReplacementRequest })[];
  readonly skipped: readonly Skipped[];
}

/** Chooses the containers from the result of the check, and plans each update. */
export async function makePlans(
  host: DockerHostObject,
  names: readonly string[],
  daemon: Daemon,
  options: UpdateOptions,
): Promise<Plans> {
  const { targets, skipped } = await select(host, names, daemon, options);
  const planned: Plans["planned"][number][] = [];
  const refused: Skipped[] = [];
  for (const target of targets) {
    const one = await planOne(target, daemon, options);
    if (one.ok) planned.push(one.value);
    else
      refused.push({
        container: target.container,
        why: failureText(one.failure, daemon.surface),
        isFine: options.all === true,
      });
  }
  return { planned, skipped: [...skipped, ...refused] };
}

async function select(
  host: DockerHostObject,
  names: readonly string[],
  daemon: Daemon,
  { digest, all }: UpdateOptions,
): Promise<Selection> {
  const [only] = names;
  if (digest !== undefined && only !== undefined) return await byDigest(only, digest, daemon);
  const { updates, conditions } = host.status ?? {};
  if (updates?.items === undefined) {
    const why = findCondition(conditions, "UpdateCheckSucceeded")?.message ?? "its images were not checked";
    throw new CommandFailed(`${host.metadata.name}: ${why}`);
  }
  return all === true ? outdatedTargets(updates.items) : namedTargets(updates.items, names, updates.truncated === true);
}

/** The result of the check is not needed then, only the name that the container was created from. */
async function byDigest(container: string, digest: string, daemon: Daemon): Promise<Selection> {
  const none = (why: string): Selection => ({ targets: [], skipped: [{ container, why }] });
  if (!CONTAINER_NAME.test(container)) return none("this is not a valid name of a container");
  using access = daemon.open();
  const inspected = await access.details.inspectContainer(container);
  if (!inspected.ok) return none(failureText(inspected.failure, daemon.surface));
  if (inspected.value === undefined)
    return none("the host has no container of this name; `docker ps --all` there lists all names");
  const { Config, Name } = inspected.value;
  // The container may have been found by its id.
  return { targets: [{ container: Name.replace(/^\//, ""), image: Config.Image, digest }], skipped: [] };
}

async function planOne(
  target: Target,
  daemon: Daemon,
  options: UpdateOptions,
): Promise<Outcome<Plans["planned"][number]>> {
  const login = await daemon.loginFor(target.image);
  if (!login.ok) return login;
  const { auth, warning } = login.value;
  const request: ReplacementRequest = {
    container: target.container,
    image: target.image,
    digest: target.digest,
    health: { timeoutMs: options.healthTimeout, stableForMs: options.stableFor },
    onFailure: options.keep === true ? "Keep" : "RollBack",
    removeOldImage: options.removeOldImage === true,
    hooks: options.hooks === true ? "Labels" : "Disabled",
    ...(auth !== undefined && { registryAuth: auth }),
  };
  const plan = await planReplacement(request, daemon.ports());
  if (!plan.ok) return plan;
  // The user has agreed to an update of the container as it is now.
  const bound = { ...request, replaces: plan.value.before.imageId };
  return {
    ok: true,
    value: { target, plan: plan.value, warnings: warning === undefined ? [] : [warning], request: bound },
  };
}
