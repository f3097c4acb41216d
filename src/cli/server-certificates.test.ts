import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { type ServerPair, selfSigned } from "../common/x509/self-signed.ts";
import { ServerCertificates } from "./server-certificates.ts";

const HALF_YEAR_MS = 183 * 86_400_000;

const newPair = () => selfSigned({ commonName: "a", dnsNames: ["a"], now: 0, validForMs: HALF_YEAR_MS });
const files = ({ cert, key }: ServerPair) => ({ "tls.crt": cert, "tls.key": key });

async function load(folder: string | undefined) {
  const [clock, logger] = [new FakeClock(), new MemoryLogger()];
  return { clock, logger, loaded: await ServerCertificates.load({ of: "/metrics", folder, clock, logger }) };
}

async function loadFrom(pair: ServerPair) {
  const folder = await folderWith(files(pair));
  const { loaded, logger } = await load(folder);
  if (!loaded.ok) throw new Error(loaded.failure);
  const write = async (next: Partial<Record<"tls.crt" | "tls.key", string>>) => {
    for (const [name, text] of Object.entries(next)) await writeFile(join(folder, name), text);
  };
  return { certificates: loaded.value, logger, write };
}

describe("the certificate of /metrics", () => {
  it("is self-signed if there is no folder, and replaced after half of its lifetime", async () => {
    const { clock, loaded } = await load(undefined);
    if (!loaded.ok) throw new Error(loaded.failure);
    const { cert } = loaded.value.pair;
    expect(await loaded.value.renew()).toBeUndefined();
    await clock.advance(HALF_YEAR_MS);
    const renewed = await loaded.value.renew();
    expect(renewed?.cert).toMatch(/^-----BEGIN CERTIFICATE/);
    expect(renewed?.cert).not.toBe(cert);
    expect(await loaded.value.renew()).toBeUndefined();
  });

  it("is read from the folder again", async () => {
    const [first, second] = [await newPair(), await newPair()];
    const { certificates, logger, write } = await loadFrom(first);
    expect(certificates.pair).toEqual(first);
    expect(await certificates.renew()).toBeUndefined();
    await write(files(second));
    expect(await certificates.renew()).toEqual(second);
    expect(certificates.pair).toEqual(second);
    expect(logger.lines.map(({ message }) => message)).toEqual(["The certificate of /metrics has changed"]);
  });

  it("stays while the files do not belong together, which is logged once and not quoted", async () => {
    const [first, second] = [await newPair(), await newPair()];
    const { certificates, logger, write } = await loadFrom(first);
    await write({ "tls.crt": second.cert });
    expect(await certificates.renew()).toBeUndefined();
    expect(await certificates.renew()).toBeUndefined();
    expect(certificates.pair).toEqual(first);
    expect(logger.lines).toHaveLength(1);
    expect(JSON.stringify(logger.lines)).not.toContain("BEGIN");
    await write({ "tls.key": second.key });
    expect(await certificates.renew()).toEqual(second);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["without a key", { "tls.crt": "x" }, /^Cannot read .*tls\.key \(ENOENT\)$/],
    ["without PEM", { "tls.crt": "x", "tls.key": "SECRET" }, /^tls\.crt and tls\.key in .* are not a certificate/],
    ["with too much", { "tls.crt": "x".repeat(300_000), "tls.key": "x" }, /tls\.crt is too large$/],
  ])("is not taken from a folder %s", async (_, content, message) => {
    const { loaded } = await load(await folderWith(content));
    expect(loaded).toEqual({ ok: false, failure: expect.stringMatching(message) });
    expect(JSON.stringify(loaded)).not.toContain("SECRET");
  });
});
