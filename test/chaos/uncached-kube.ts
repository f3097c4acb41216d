import { otherAuditLog } from "../env/audit.ts";
import type { EtcdFacts } from "../env/etcd.ts";
import { Kube } from "../env/kube.ts";
import { freePorts } from "../env/processes/ports.ts";

/**
 * A second API server before the same etcd, without the watch cache: there a watch from a version that was compacted
 * away is refused with 410 at once. The cached one keeps what happened in memory, and would only do so after a restart.
 */
export async function startUncachedKube({ facts }: Kube): Promise<Kube> {
  const ports = await freePorts(["kube"]);
  const args = otherAuditLog(facts.server.args, "uncached").map((arg) =>
    arg.startsWith("--secure-port=") ? `--secure-port=${ports.kube}` : arg,
  );
  const kube = new Kube({
    ...facts,
    url: `https://127.0.0.1:${ports.kube}`,
    server: { ...facts.server, name: "kube-apiserver-uncached", args: [...args, "--watch-cache=false"] },
  });
  await kube.start();
  return kube;
}

/** Makes etcd forget every version but the newest, as it does by itself every five minutes for the API server. */
export async function compact({ url }: EtcdFacts): Promise<void> {
  const call = async (path: string, body: object) => {
    const answer = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { header: { revision: string } };
  };
  // A read of nothing tells the revision.
  const { header } = await call("/v3/kv/range", { key: Buffer.from("x").toString("base64"), keys_only: true });
  await call("/v3/kv/compaction", { revision: header.revision, physical: true });
}
