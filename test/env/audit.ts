import { createReadStream } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** One call in the audit log of an API server, of audit.k8s.io/v1 what is read here. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  /** Absent where no resource is asked for. */
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  /** Among them what the authorizer decided, and why. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const MEGABYTES_PER_FILE = 100;
/** Beyond them the oldest is deleted. */
const OLD_FILES = 2;

const OF_CONTROLLERS = { level: "Metadata", userGroups: ["system:serviceaccounts"] };

/**
 * Each service account's calls, recorded when they end. A watch is recorded when it begins, because it is still open when
 * a server is restarted. Other accounts are recorded only for what a controller does, so that a controller with another
 * account's permissions is noticed.
 */
const POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { ...OF_CONTROLLERS, verbs: ["watch"], omitStages: ["ResponseComplete"] },
    { ...OF_CONTROLLERS, omitStages: ["ResponseStarted"] },
    {
      level: "Metadata",
      omitStages: ["ResponseStarted"],
      verbs: ["patch"],
      resources: [{ group: "dockerhost.dev", resources: ["dockerhosts/status"] }],
    },
    { level: "None" },
  ],
};

/** Where a server's calls are recorded, and its flags for that. The files are bounded. */
export interface AuditPlan {
  readonly folder: string;
  readonly args: readonly string[];
}

/** Makes the folder. */
export async function planAudit(parent: string): Promise<AuditPlan> {
  const folder = join(parent, "audit");
  await mkdir(folder);
  const policy = join(parent, "audit-policy.json");
  // JSON is YAML.
  await writeFile(policy, JSON.stringify(POLICY));
  const args = [
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${join(folder, "audit.log")}`,
    `--audit-log-maxsize=${MEGABYTES_PER_FILE}`,
    `--audit-log-maxbackup=${OLD_FILES}`,
  ];
  return { folder, args };
}

/** The same flags for another server of the same folder: two must not write to one file. */
export function otherAuditLog(args: readonly string[], name: string): string[] {
  return args.map((arg) => (arg.startsWith("--audit-log-path=") ? arg.replace(/[^/]*$/, `${name}.log`) : arg));
}

/** All calls that were recorded in a folder, of each server in order. Throws where some may have been deleted. */
export async function* readAudit(folder: string): AsyncGenerator<AuditEvent> {
  const files = (await readdir(folder)).sort();
  // `audit-2026-01-02T03-04-05.678.log` is an old file of `audit.log`.
  const old = files.filter((file) => /-\d{4}-\d\d-\d\dT/.test(file));
  if (old.length >= OLD_FILES)
    throw new Error(`the audit log is full, and its beginning may be lost: ${files.join(", ")}`);
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
      // The last one may have been cut off when its server was killed.
      if (line.endsWith("}")) yield JSON.parse(line) as AuditEvent;
    }
  }
}
