import { otherAuditLog } from "../env/audit.ts";
import type { EtcdFacts } from "../env/etcd.ts";
import { Kube } from "../env/kube.ts";
import { freePorts } from "../env/processes/ports.ts";

/**
 * A second API server in front of the same etcd, without the watch cache. It refuses a watch from a compacted version
 * immediately with 410. The cached server keeps the history in memory, and would refuse only after a restart.
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
  // The answer to an empty read contains the revision.
  const { header } = await call("/v3/kv/range", { key: Buffer.from("x").toString("base64"), keys_only: true });
  await call("/v3/kv/compaction", { revision: header.revision, physical: true });
}
