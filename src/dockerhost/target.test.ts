import { describe, expect, it } from "vitest";
import { BAD_HOSTS, GOOD_HOSTS } from "../../test/support/bad-hosts.ts";
import { parsedSpec } from "../../test/support/docker-host.ts";
import { sshKeyPair } from "../../test/support/ssh-keys.ts";
import { parseSpec } from "../api/docker-host.ts";
import { systemClock } from "../common/clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import { success } from "../common/result.ts";
import { parseEndpoint } from "../docker/endpoint.ts";
import { replyBudget } from "../docker/exchange.ts";
import { createTlsMemory } from "../docker/tls-memory.ts";
import { connectionSecrets } from "./host-credentials.ts";
import { type EngineAccess, resolveTarget } from "./target.ts";

/** Of a table of specs, those that name a host. */
function hostsOf(table: readonly { readonly what: string; readonly spec: object }[]) {
  return table.flatMap(({ what, spec }) =>
    "host" in spec && typeof spec.host === "string" ? [{ what, spec, host: spec.host }] : [],
  );
}

/** Whether the schema finds a fault only in the host. */
function isRefusedForItsHost(spec: object): boolean {
  const parsed = parseSpec(spec);
  return !parsed.ok && parsed.failure.message.startsWith("spec.host: ");
}

describe("the schema and the parser of endpoints", () => {
  // An empty host cannot be distinguished from a missing one at that point, and the schema checks lengths.
  const bad = hostsOf(BAD_HOSTS).filter(
    ({ spec, host }) => isRefusedForItsHost(spec) && host !== "" && host.length <= 512,
  );

  it("are held to hosts of every kind", () => {
    expect(bad.length).toBeGreaterThan(10);
    for (const scheme of ["tcp", "https", "unix", "ssh", "npipe"]) {
      expect(bad.some(({ host }) => host.startsWith(`${scheme}:`))).toBe(true);
    }
  });

  it.each(bad)("both refuse $what", ({ host }) => {
    for (const verify of [false, true]) expect(parseEndpoint(host, verify)).toMatchObject({ ok: false });
  });

  it.each(hostsOf(GOOD_HOSTS))("both accept $what", ({ host }) => {
    for (const verify of [false, true]) expect(parseEndpoint(host, verify)).toMatchObject({ ok: true });
  });
});

describe("an endpoint over SSH", () => {
  const spec = parsedSpec({
    host: "ssh://docker@edge-7",
    tls: { verify: true, certSecretRef: { name: "tls" }, caSecretRef: { name: "ca", key: "ca.crt" } },
    ssh: { secretRef: { name: "ssh" } },
  });

  /** What is read of Secrets that hold these entries, whichever is asked for. */
  async function resolve(entries: Readonly<Record<string, string>>) {
    const read: string[] = [];
    const access: EngineAccess = {
      resources: {
        getSecret: (_namespace, name) => {
          read.push(name);
          return Promise.resolve(success(entries));
        },
      },
      roots: () => [],
      guard: openGuard(),
      replies: replyBudget(systemClock),
      tlsMemory: createTlsMemory(systemClock),
      requireTls: true,
    };
    const signal = new AbortController().signal;
    return { target: await resolveTarget(spec, "fleet", access, 0, signal), read };
  }

  it("reads its own Secret and none for TLS", async () => {
    const { private: privateKey, public: publicKey } = sshKeyPair();
    const { target, read } = await resolve({
      "ssh-privatekey": privateKey,
      known_hosts: `edge-7 ${publicKey}`,
    });
    expect(target).toMatchObject({
      ok: true,
      value: { ssh: { key: { type: "ssh-ed25519", publicKeyFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) } } },
    });
    expect(target.ok && target.value.tls).toBeUndefined();
    expect(read).toEqual(["ssh"]);
  });

  it("is checked again when its Secret changes", () => {
    expect(connectionSecrets(spec)).toContain("ssh");
  });

  it("is not resolved with a Secret that lacks a key", async () => {
    expect((await resolve({ known_hosts: "" })).target).toMatchObject({
      ok: false,
      failure: { reason: "SecretKeyMissing", message: expect.stringContaining('Secret "ssh" has no key') },
    });
  });
});
