import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { silentLogger } from "../common/logger.ts";
import { success } from "../common/result.ts";
import { Store } from "../runtime/store.ts";
import { controllerFlags } from "./flags/controller-flags.ts";
import { readFlags } from "./flags/flags.ts";
import { guardedPage, startPage } from "./page-endpoint.ts";

const cluster = {
  server: "https://127.0.0.1:1",
  credentials: async () => success({ headers: {}, tls: { rejectUnauthorized: true } }),
};
const observer = { answered: () => {} };
const guarded = (given: Record<string, string>) =>
  guardedPage(
    readFlags(controllerFlags, { pageBindAddress: "127.0.0.1:0", pageAuth: "kubernetes", ...given }),
    cluster,
    observer,
  );
const get = (namespace?: string) => ({
  resourceAttributes: { group: "dockerhost.dev", resource: "dockerhosts", verb: "get", namespace },
});

describe("a reader of the page needs", () => {
  it("the permission in all namespaces if the controller watches all", () => {
    expect(guarded({})).toMatchObject({ access: [get()], where: "in all namespaces" });
  });

  it.each([
    ["a", ["a"], "in the namespace a"],
    ["a,b", ["a", "b"], "in each of the namespaces a, b"],
    ["a,b,a", ["a", "b"], "in each of the namespaces a, b"],
  ])("the permission in each namespace of %s", (watchNamespaces, namespaces, where) => {
    expect(guarded({ watchNamespaces })).toMatchObject({ access: namespaces.map(get), where });
  });

  it("nothing without --page-auth", () => {
    expect(guarded({ pageAuth: "none" })).toBeUndefined();
  });
});

it("the page with a login is served over TLS, and not with a folder without a certificate", async () => {
  const parts = {
    hosts: new Store<DockerHostObject>(),
    clock: new FakeClock(),
    random: () => 0.5,
    logger: silentLogger,
  };
  const address = { host: "127.0.0.1", port: 0 };
  await using page = await startPage(address, { ...parts, guarded: guarded({}) });
  expect(page.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/);
  const pageCertPath = await folderWith({});
  await expect(startPage(address, { ...parts, guarded: guarded({ pageCertPath }) })).rejects.toThrow(
    "correct --page-cert-path",
  );
});
