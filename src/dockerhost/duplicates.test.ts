import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus, EngineStatus } from "../api/status.ts";
import { Store } from "../runtime/store.ts";
import { duplicateWarning, EngineIndex, engineId, isDuplicateWarning } from "./duplicates.ts";

let version = 0;

function named(name: string, namespace = "fleet", engine: EngineStatus = { id: "ABC" }): DockerHostObject {
  const host = dockerHost({ status: { engine }, resourceVersion: String(++version) });
  return { ...host, metadata: { ...host.metadata, name, namespace, uid: `${namespace}/${name}` } };
}

function warningOf(host: DockerHostObject, ...others: readonly DockerHostObject[]): string | undefined {
  const hosts = new Store<DockerHostObject>();
  for (const each of [host, ...others]) hosts.upsert(each);
  return duplicateWarning(new EngineIndex(hosts).duplicatesOf(host, "ABC"));
}

describe("duplicates", () => {
  it("are none where a daemon is reached by one host", () => {
    expect(warningOf(named("a"), named("b", "fleet", { id: "XYZ" }))).toBeUndefined();
  });

  it("are named within the namespace", () => {
    expect(warningOf(named("a"), named("b"))).toBe(
      'DockerHost "b" reaches the same daemon. Remove all but one; where the machines are clones that share an engine id, let Docker make up a new id on each of them.',
    );
  });

  /** Connected, and verified by this certificate. */
  const proven = (name: string, namespace?: string, status: DockerHostStatus = {}): DockerHostObject => {
    const made = named(name, namespace);
    const server = { subject: "CN=edge-7", issuer: "CN=ca", notBefore: "", notAfter: "", fingerprint: "AB:CD" };
    const conditions = [condition("Connected", "True", "ConnectionEstablished")];
    return { ...made, status: { ...made.status, tlsMode: "Mutual", certificates: { server }, conditions, ...status } };
  };

  it.each<[string, DockerHostStatus]>([
    ["is not verified", { tlsMode: "Unverified" }],
    ["is plaintext or SSH", { tlsMode: "None", endpoint: "ssh://docker@edge-7:22" }],
    ["showed no certificate", { certificates: {} }],
    [
      "has another certificate, even from a CA that its owner chose",
      { certificates: { server: { subject: "", issuer: "", notBefore: "", notAfter: "", fingerprint: "EF" } } },
    ],
    ["showed the same certificate in a handshake that failed", { conditions: [] }],
    ["is a socket", { tlsMode: "None", endpoint: "unix:///run/docker.sock" }],
  ])("are not reported in another namespace if one %s: any daemon can claim any id", (_, status) => {
    expect(warningOf(proven("a"), proven("b", "other", status))).toBeUndefined();
    expect(warningOf(proven("a", "fleet", status), proven("b", "other"))).toBeUndefined();
    expect(warningOf(proven("a", "fleet", status), proven("b", "fleet"))).toContain('DockerHost "b"');
  });

  it("are reported in another namespace if both use one socket", () => {
    const socket = { tlsMode: "None", endpoint: "unix:///run/docker.sock" } as const;
    expect(warningOf(proven("a", "fleet", socket), proven("b", "other", socket))).toContain("in another namespace");
  });

  it("are reported without a name if they are in another namespace", () => {
    const warning = warningOf(proven("a"), proven("secret-name", "other-tenant"));
    expect(warning).toMatch(/^A DockerHost in another namespace reaches the same daemon\. /);
    expect(warning).not.toMatch(/secret-name|other-tenant/);
  });

  it("are counted beyond the first by name, so that the text is bounded and the same for the same state", () => {
    expect(warningOf(named("d"), named("c"), named("a"), named("b"))).toMatch(
      /^DockerHost "a" and 2 more in this namespace reach the same daemon\. /,
    );
    const longest = "x".repeat(253);
    const crowd = Array.from({ length: 999 }, (_, index) => named(`y${index}`));
    const warning = warningOf(proven("a"), named(longest), ...crowd, proven("z", "other"), proven("y", "third"));
    expect(warning).toMatch(/^DockerHost "x+", 999 more in this namespace and a DockerHost in another namespace reach/);
    expect(warning?.length).toBeLessThanOrEqual(512);
  });

  it("are known again by their warning", () => {
    expect(isDuplicateWarning(warningOf(named("a"), named("b")) ?? "")).toBe(true);
    expect(isDuplicateWarning("TLS verification is disabled.")).toBe(false);
  });

  it("are not recognized by an id that is generated for each answer", () => {
    const podman = { name: "Podman", id: "ABC" };
    expect(engineId(podman)).toBeUndefined();
    expect(warningOf(named("a", "fleet", podman), named("b", "fleet", podman))).toBeUndefined();
  });

  it("go when the other is deleted, or reaches another daemon", () => {
    const hosts = new Store<DockerHostObject>();
    const index = new EngineIndex(hosts);
    const host = named("a");
    for (const each of [host, named("b"), named("c")]) hosts.upsert(each);
    hosts.upsert(named("b", "fleet", { id: "XYZ" }));
    expect(index.duplicatesOf(host, "ABC")).toEqual({ named: "c", more: 0, elsewhere: false });
    hosts.remove("fleet/c");
    expect(index.duplicatesOf(host, "ABC")).toEqual({ more: 0, elsewhere: false });
  });
});
