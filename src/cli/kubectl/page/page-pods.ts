import { failure, type Result, success } from "../../../common/result.ts";
import { type KubeObject, keyOf } from "../../../runtime/kube-object.ts";
import { parseAddressOrNone } from "../../listen-address.ts";

/** The part of a pod that is read. */
export interface Pod extends KubeObject {
  readonly spec?: { readonly containers?: readonly { readonly args?: readonly string[] | undefined }[] | undefined };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[] | undefined;
  };
}

export interface PagePod {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Whether it serves the page over TLS, to those with a token. */
  readonly isGuarded: boolean;
}

const SHARD = "dockerhost.dev/shard";
const INSTANCE = "app.kubernetes.io/instance";

/**
 * Chooses the pod whose page is shown: every replica follows the hosts, so any ready one will do. A failure is a phrase.
 * @param place where the pods were looked for, in words that follow "in"
 */
export function choosePod(pods: readonly Pod[], place: string): Result<PagePod, string> {
  const running = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (running.length === 0)
    return failure(
      `there is no pod of a controller in ${place}; name the controller's namespace with -n, or its labels with -l`,
    );
  const serving = running.flatMap((pod) => {
    const page = pageOf(pod);
    return page === undefined ? [] : [{ pod, page }];
  });
  if (serving.length === 0)
    return failure(
      `the page is not enabled in ${keyOf(running[0] as Pod)}; set the chart's value page.enabled=true, or the flag --page-bind-address`,
    );
  const fleets = [...new Set(serving.map(({ pod }) => fleetOf(pod)))].sort();
  if (fleets.length > 1)
    return failure(
      `several controllers have a page: ${fleets.slice(0, 5).join("; ")}; choose one with -n or -l, such as -l ${SHARD}=NAME`,
    );
  const ready = serving
    .filter(({ pod }) => pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
    .toSorted((a, b) => keyOf(a.pod).localeCompare(keyOf(b.pod)))[0];
  if (ready === undefined) return failure(`no pod of the controller is Ready in ${place}; see kubectl describe pods`);
  return success(ready.page);
}

/** A release, or one of its shards: pods that show the same hosts. */
function fleetOf({ metadata: { namespace = "", labels = {} } }: Pod): string {
  const shard = labels[SHARD];
  return `the release ${labels[INSTANCE] ?? "without a name"} in the namespace ${namespace}${shard === undefined ? "" : `, shard ${shard}`}`;
}

function pageOf({ metadata: { namespace = "", name }, spec }: Pod): PagePod | undefined {
  const args = (spec?.containers ?? []).flatMap((container) => container.args ?? []);
  const argument = (flag: string) => args.findLast((each) => each.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const address = parseAddressOrNone(argument("--page-bind-address") ?? "0");
  if (!address.ok || address.value === false || address.value.port === 0) return undefined;
  return { namespace, name, port: address.value.port, isGuarded: argument("--page-auth") === "kubernetes" };
}
