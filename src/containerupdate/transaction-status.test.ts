import { describe, expect, it } from "vitest";
import { ContainerUpdateStatusSchema } from "../api/container-update-status.ts";
import type { MemberRecord } from "../replacement/request.ts";
import { planDetails, toRecord, toTransaction } from "./transaction-status.ts";

const member = (name: string): MemberRecord => ({ name, oldId: "a".repeat(64), wasRunning: true });

describe("what is stored of a transaction", () => {
  it.each<[string, readonly MemberRecord[]]>([
    ["one container", [member("web")]],
    ["a new container", [{ ...member("web"), newId: "b".repeat(64), restartPolicy: { Name: "always" } }]],
    ["a policy with a count", [{ ...member("web"), restartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } }]],
    ["a stopped one", [{ ...member("web"), wasRunning: false }]],
    ["dependants", [member("web"), { ...member("sidecar"), newId: "c".repeat(64) }, member("log")]],
  ])("is read back as it was, for %s", (_, members) => {
    const transaction = toTransaction({ phase: "Replacing", step: "Create", txn: "0123456789ab", members }, 2);
    expect(ContainerUpdateStatusSchema.safeParse({ transaction }).error).toBeUndefined();
    expect(transaction).toMatchObject({ id: "0123456789ab", step: "Create", undone: 2 });
    const record = { txn: "0123456789ab", phase: "RollingBack", members };
    expect(toRecord({ phase: "RollingBack", transaction }, "web")).toEqual(record);
  });

  it("holds which restarts were begun, as many as fit", () => {
    const restarting = Array.from({ length: 120 }, (_, i) => `${i}`.padStart(64, "0"));
    const progress = { phase: "Verifying", step: "Restart", txn: "0123456789ab", members: [member("web")] } as const;
    const transaction = toTransaction({ ...progress, restarting });
    expect(ContainerUpdateStatusSchema.safeParse({ transaction }).error).toBeUndefined();
    expect(toRecord({ phase: "Verifying", transaction }, "web")?.restarting).toEqual(restarting.slice(0, 100));
  });

  it("is nothing without a transaction", () => {
    expect(toRecord({ phase: "Pending" }, "web")).toBeUndefined();
  });

  it("fits into a status, no matter how long the daemon's texts are", () => {
    const containers = Array.from({ length: 99 }, (_, i) => ({
      name: "n".repeat(300),
      id: String(i),
      action: "Replace" as const,
      because: "b".repeat(600),
    }));
    const warnings = Array.from({ length: 40 }, (_, i) => `${i} ${"w".repeat(600)}`);
    const before = { image: "shop/web:1", imageId: "sha256:old" };
    const details = planDetails({ containers, warnings, stopMs: 0, hooks: [], before }, ["more"]);
    expect(ContainerUpdateStatusSchema.safeParse(details).error).toBeUndefined();
    expect([details.plan?.containers.length, details.plan?.warnings?.length]).toEqual([50, 16]);
  });
});
