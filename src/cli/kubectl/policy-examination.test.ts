import { describe, expect, it } from "vitest";
import { success } from "../../common/result.ts";
import type { KubeObject } from "../../runtime/kube-object.ts";
import { UNRESTRICTED } from "../connection-policy.ts";
import { examinePolicy } from "./policy-examination.ts";

function controller(name: string, container: object): KubeObject & { spec: object } {
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "--denied-endpoint-cidrs=10.0.0.0/8" };
  return {
    metadata: { namespace: "ops", name, annotations },
    spec: { template: { spec: { containers: [container] } } },
  };
}

async function examine(...items: readonly KubeObject[]) {
  const list = () => Promise.resolve(success({ items: items as never, resourceVersion: "1" }));
  return await examinePolicy({ list }, new AbortController().signal);
}

const denied = controller("a", { args: ["controller", "--denied-endpoint-cidrs=10.96.0.0/12"] });

describe("the examination of connection policies", () => {
  it("is content with networks that are denied by a flag or a variable", async () => {
    const byVariable = controller("b", { env: [{ name: "DOCKERHOST_DENIED_ENDPOINT_CIDRS", value: "10.96.0.0/12" }] });
    expect(await examine(denied, byVariable)).toMatchObject({ level: "ok" });
  });

  it("warns of the first controller that denies none", async () => {
    expect(await examine(denied, controller("open", { args: ["controller"] }))).toEqual({
      level: "warning",
      message: "Deployment ops/open is started without --denied-endpoint-cidrs",
      advice: UNRESTRICTED,
    });
  });

  it("says so where it cannot know", async () => {
    expect(await examine()).toMatchObject({
      level: "warning",
      message: expect.stringContaining("Cannot find out whether the controller denies"),
    });
  });
});
