import { ApiClient } from "../runtime/api-client.ts";
import type { ObjectKey } from "../runtime/kube-object.ts";
import { loadCluster } from "../runtime/kubeconfig/load-cluster.ts";
import { LeaseLock } from "../runtime/leader-election/lease.ts";
import type { CliContext } from "./context.ts";
import { UsageError } from "./exit-codes.ts";
import { examineDefinition } from "./kubectl/definition-examination.ts";
import { examineServer } from "./kubectl/examinations.ts";
import type { Finding } from "./kubectl/finding.ts";
import { reportFindings } from "./kubectl/findings.ts";
import { examineLease } from "./kubectl/lease-examination.ts";

const CALL_MS = 10_000;

export interface DoctorOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly lease?: readonly ObjectKey[] | undefined;
  readonly timeout: number;
}

/** `dockerhost doctor`: checks that a release works, with no more permissions than to read its Leases. */
export async function doctor(options: DoctorOptions, context: CliContext): Promise<number> {
  const { kubeconfig, context: name } = options;
  const { env, clock, signal, stderr } = context;
  const warn = (message: string) => stderr.write(`Warning: ${message}\n`);
  const cluster = await loadCluster({ kubeconfig, context: name, manner: "controller", env, clock, signal, warn });
  if (!cluster.ok) throw new UsageError(cluster.failure);
  const client = new ApiClient({ cluster: cluster.value, clock, userAgent: "dockerhost-doctor" });
  try {
    return await reportFindings(examineRelease(client, options, context), context);
  } finally {
    await client.close();
  }
}

async function* examineRelease(
  client: ApiClient,
  { lease = [], timeout }: DoctorOptions,
  { clock, signal }: CliContext,
): AsyncGenerator<Finding> {
  const server = await examineServer({ client }, signal);
  yield server;
  if (server.level === "problem") return;
  yield await examineDefinition(client, signal);
  for (const key of lease) {
    const lock = new LeaseLock({ client, lease: key, timeoutMs: CALL_MS });
    yield await examineLease({ lock, lease: key, waitMs: timeout, clock }, signal);
  }
}
