import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { failure, success } from "../common/result.ts";
import type { ApiResult } from "./api-error.ts";
import { type AccessAttributes, RequestAuthorizer } from "./request-authorizer.ts";

interface Call {
  readonly path: string;
  readonly spec: Record<string, unknown>;
}

type Answer = (call: Call) => ApiResult<unknown> | Promise<ApiResult<unknown>>;

const user = { username: "prometheus", uid: "1", groups: ["a"], extra: { pod: ["b"] } };
const normal: Answer = ({ path, spec }) =>
  path.endsWith("tokenreviews")
    ? success({ status: spec.token === "bad" ? { authenticated: false } : { authenticated: true, user } })
    : success({ status: { allowed: true } });

const METRICS: AccessAttributes = { nonResourceAttributes: { path: "/metrics", verb: "get" } };
const hostsOf = (namespace?: string): AccessAttributes => ({
  resourceAttributes: { group: "dockerhost.dev", resource: "dockerhosts", verb: "get", namespace },
});

function setUp(answer: Answer = normal, access: readonly AccessAttributes[] = [METRICS]) {
  const calls: Call[] = [];
  const client = {
    raw: async (path: string, { body }: { readonly body?: object }) => {
      const call = { path, spec: (body as { spec: Record<string, unknown> }).spec };
      calls.push(call);
      return await answer(call);
    },
  };
  const { signal } = new AbortController();
  const clock = new FakeClock();
  return { calls, clock, authorizer: new RequestAuthorizer({ client, access, signal, clock }) };
}

describe("RequestAuthorizer", () => {
  it("asks who the client is and whether it may get the path, once for many requests", async () => {
    const { calls, authorizer } = setUp();
    const decisions = await Promise.all([1, 2, 3].map(() => authorizer.decide("Bearer good")));
    expect(decisions).toEqual(["allowed", "allowed", "allowed"]);
    expect(await authorizer.decide("bearer good")).toBe("allowed");
    expect(calls).toEqual([
      { path: "/apis/authentication.k8s.io/v1/tokenreviews", spec: { token: "good" } },
      {
        path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        spec: {
          user: "prometheus",
          uid: "1",
          groups: ["a"],
          extra: { pod: ["b"] },
          nonResourceAttributes: { path: "/metrics", verb: "get" },
        },
      },
    ]);
  });

  it.each([undefined, "", "Basic YTpi", "Bearer", "Bearer a b", `Bearer ${"a".repeat(9_000)}`])(
    "asks nobody about a request without a usable token: %s",
    async (authorization) => {
      const { calls, authorizer } = setUp();
      expect(await authorizer.decide(authorization)).toBe("unauthenticated");
      expect(calls).toEqual([]);
    },
  );

  it("refuses a token that the API server does not know, and remembers it", async () => {
    const { calls, authorizer } = setUp();
    expect(await authorizer.decide("Bearer bad")).toBe("unauthenticated");
    expect(await authorizer.decide("Bearer bad")).toBe("unauthenticated");
    expect(calls).toHaveLength(1);
  });

  it("refuses a client without the permission", async () => {
    const { authorizer } = setUp((call) =>
      call.path.endsWith("subjectaccessreviews") ? success({ status: { allowed: false } }) : normal(call),
    );
    expect(await authorizer.decide("Bearer good")).toBe("forbidden");
  });

  it.each<[reason: string, allowed: readonly string[], decision: string]>([
    ["both are", ["a", "b"], "allowed"],
    ["the second is not", ["a"], "forbidden"],
    ["the first is not", ["b"], "forbidden"],
    ["none is", [], "forbidden"],
  ])("lets a client in only if everything is allowed: %s", async (_, allowed, decision) => {
    const answer: Answer = (call) => {
      const { namespace } = (call.spec.resourceAttributes ?? {}) as { namespace?: string };
      if (namespace === undefined) return normal(call);
      return success({ status: { allowed: allowed.includes(namespace) } });
    };
    const { authorizer } = setUp(answer, [hostsOf("a"), hostsOf("b")]);
    expect(await authorizer.decide("Bearer good")).toBe(decision);
  });

  it("asks about all namespaces by naming none", async () => {
    const { calls, authorizer } = setUp(normal, [hostsOf()]);
    expect(await authorizer.decide("Bearer good")).toBe("allowed");
    expect(calls[1]?.spec.resourceAttributes).toEqual({
      group: "dockerhost.dev",
      resource: "dockerhosts",
      verb: "get",
      namespace: undefined,
    });
  });

  it.each<[string, Answer]>([
    ["does not answer", () => failure({ kind: "Network", message: "refused" })],
    ["answers without a status", () => success({})],
    ["answers something else", () => success("text")],
  ])("lets nobody in while the API server %s, and asks again", async (_, answer) => {
    const { calls, authorizer } = setUp(answer);
    expect(await authorizer.decide("Bearer good")).toBe("unavailable");
    expect(await authorizer.decide("Bearer good")).toBe("unavailable");
    expect(calls).toHaveLength(2);
  });

  it("believes no answer that says neither yes nor no", async () => {
    const { authorizer } = setUp(({ path }) =>
      success({ status: path.endsWith("tokenreviews") ? { authenticated: true, user } : { allowed: "true" } }),
    );
    expect(await authorizer.decide("Bearer good")).toBe("forbidden");
  });

  it("asks about few invented tokens at a time, and forgets no valid one for them", async () => {
    let answers: (() => void)[] = [];
    const { calls, authorizer } = setUp((call) =>
      call.spec.token === "good" || !call.path.endsWith("tokenreviews")
        ? normal(call)
        : new Promise((resolve) => answers.push(() => resolve(success({ status: { authenticated: false } })))),
    );
    expect(await authorizer.decide("Bearer good")).toBe("allowed");
    const before = calls.length;
    for (let round = 0; round < 40; round++) {
      const asked = Array.from({ length: 20 }, (_, index) => authorizer.decide(`Bearer bad-${round}-${index}`));
      await Promise.resolve();
      expect(answers.length).toBeLessThanOrEqual(8);
      for (const answer of answers) answer();
      answers = [];
      await Promise.all(asked);
    }
    expect(calls.length - before).toBe(40 * 8);
    expect(await authorizer.decide("Bearer good")).toBe("allowed");
    expect(calls.length - before).toBe(40 * 8);
  });

  it("asks again about a token that was allowed, no matter how many invented ones are waiting", async () => {
    const { clock, calls, authorizer } = setUp((call) =>
      `${call.spec.token}`.startsWith("bad") ? new Promise(() => undefined) : normal(call),
    );
    expect(await authorizer.decide("Bearer good")).toBe("allowed");
    await clock.advance(61_000);
    for (let index = 0; index < 20; index++) void authorizer.decide(`Bearer bad-${index}`);
    expect(await authorizer.decide("Bearer new")).toBe("unavailable");
    const before = calls.length;
    expect(await authorizer.decide("Bearer good")).toBe("allowed");
    expect(calls.length - before).toBe(2);
  });
});
