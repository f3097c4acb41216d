import { describe, expect, it } from "vitest";
import { choosePod, type Pod } from "./page-pods.ts";

const NAME = { "app.kubernetes.io/instance": "operator" };
const LOOPBACK = ["controller", "--page-bind-address=127.0.0.1:8090"];

interface Parts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly args?: readonly string[];
  readonly ready?: "True" | "False";
  readonly deletionTimestamp?: string;
}

const pod = (name: string, parts: Parts = {}): Pod => {
  const { labels = NAME, namespace = "ops", args = LOOPBACK, ready = "True", ...metadata } = parts;
  return {
    metadata: { name, namespace, labels, ...metadata },
    spec: { containers: [{ args }] },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
};
const shard = (name: string) => ({ labels: { ...NAME, "dockerhost.dev/shard": name } });

describe("the pod whose page is shown", () => {
  it("is one that is ready, with the port and the login of its flags", () => {
    const args = ["controller", "--page-bind-address=:8091", "--page-auth=kubernetes"];
    const pods = [pod("a", { ready: "False" }), pod("c"), pod("b", { args })];
    expect(choosePod(pods, "ops")).toEqual({
      ok: true,
      value: { namespace: "ops", name: "b", port: 8091, isGuarded: true },
    });
    expect(choosePod([pod("c")], "ops")).toMatchObject({ value: { port: 8090, isGuarded: false } });
  });

  it("follows the last of several flags, as the program does", () => {
    const args = [...LOOPBACK, "--page-bind-address=127.0.0.1:9000"];
    expect(choosePod([pod("a", { args })], "ops")).toMatchObject({ value: { port: 9000 } });
    expect(choosePod([pod("a", { args: [...LOOPBACK, "--page-bind-address=0"] })], "ops").ok).toBe(false);
  });

  it.each<[string, readonly Pod[], string]>([
    ["there is none", [], "there is no pod of a controller in ops"],
    ["it is being deleted", [pod("a", { deletionTimestamp: "2026-01-01T00:00:00Z" })], "there is no pod"],
    [
      "the page is off",
      [pod("a", { args: ["controller"] })],
      "the page is not enabled in ops/a; set the chart's value",
    ],
    ["none is ready", [pod("a", { ready: "False" })], "no pod of the controller is Ready in ops"],
    ["there are shards", [pod("a", shard("x")), pod("b", shard("y"))], "choose one with -n or -l"],
    ["there are two releases", [pod("a"), pod("b", { namespace: "other" })], "several controllers have a page"],
  ])("is not chosen if %s", (_, pods, problem) => {
    expect(choosePod(pods, "ops")).toMatchObject({ ok: false, failure: expect.stringContaining(problem) });
  });
});
