import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { SentCertificates } from "./sent-certificates.ts";

const HOUR_MS = 3_600_000;
const authority = await createAuthority({ commonName: "CA" });
const leaves = await Promise.all(
  Array.from({ length: 20 }, async (_, index) => {
    const { certPem } = await authority.issue({ commonName: `edge-${index}` });
    return new X509Certificate(certPem);
  }),
);
const [leaf, renewed] = leaves as [X509Certificate, X509Certificate];
const ca = new X509Certificate(authority.certPem);
const server = { owner: "team", address: "edge-1:2376" };

/** A connection to a server that sends the CA this many times after its own certificate. */
function connection(own: X509Certificate, above = 1) {
  const field = (tag: number, content: Buffer) =>
    Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
  const chain = [own, ...Array<X509Certificate>(above).fill(ca)];
  const linked = chain.reduceRight<object | undefined>(
    (issuerCertificate, { raw, subject }) => ({ raw, subject, issuerCertificate }),
    undefined,
  );
  const connected = {
    reads: 0,
    getSession: () => field(0x30, field(0xa3, own.raw)),
    getPeerX509Certificate: () => {
      connected.reads++;
      return linked;
    },
  };
  return connected;
}

function world() {
  const clock = new FakeClock();
  const sent = new SentCertificates(clock);
  const present = (socket: object, asked = server) => sent.present(socket as never, asked);
  return { clock, present };
}

describe("what a server sends", () => {
  it("is read once for each certificate of its own, and remembered for it", () => {
    const { present } = world();
    for (const own of [leaf, renewed]) {
      expect(present(connection(own)).certificates).toHaveLength(2);
      const again = connection(own);
      expect(present(again).certificates.map(({ subject }) => subject)).toEqual([own.subject, ca.subject]);
      expect(again.reads).toBe(0);
    }
  });

  it("is not mixed up with what another server sends with the same certificate, or is sent to another owner", () => {
    const { present } = world();
    present(connection(leaf));
    for (const other of [{ address: "edge-2:2376" }, { owner: "another" }]) {
      expect(present(connection(leaf, 0), { ...server, ...other }).certificates).toHaveLength(1);
    }
  });

  it("is read once a day if the server is not refused", async () => {
    const { clock, present } = world();
    const hours: number[] = [];
    for (let hour = 0; hour <= 50; hour++) {
      const visited = connection(leaf);
      present(visited);
      if (visited.reads > 0) hours.push(hour);
      await clock.advance(HOUR_MS);
    }
    expect(hours).toEqual([0, 24, 48]);
  });

  it("is read after 5, 10, 20 and 40 minutes, and then each hour, while the server is refused", async () => {
    const { clock, present } = world();
    const minutes: number[] = [];
    for (let minute = 0; minute < 240; minute++) {
      const visited = connection(leaf);
      present(visited).doubt("CERT_HAS_EXPIRED");
      if (visited.reads > 0) minutes.push(minute);
      await clock.advance(60_000);
    }
    expect(minutes).toEqual([0, 5, 15, 35, 75, 135, 195]);
  });

  it("is read immediately when it is first doubted, but later if it was confirmed", async () => {
    const { clock, present } = world();
    present(connection(leaf));
    const remembered = present(connection(leaf));
    expect(remembered.doubt("CERT_HAS_EXPIRED")).toBe(true);
    const read = connection(leaf);
    expect(present(read).doubt("CERT_HAS_EXPIRED")).toBe(false);
    expect(read.reads).toBe(1);
    expect(present(connection(leaf)).doubt("CERT_HAS_EXPIRED")).toBe(false);
    expect(present(connection(leaf)).doubt("")).toBe(true);
    await clock.advance(HOUR_MS);
    expect(present(connection(leaf, 2)).certificates).toHaveLength(3);
  });
});

describe("a server that sends many certificates", () => {
  it("is read until it has used its share, even if it shows a new certificate each time", async () => {
    const { clock, present } = world();
    const visits = leaves.map((own) => present(connection(own, 9)));
    const read = visits.filter(({ isPartial }) => !isPartial).length;
    expect(read).toBeGreaterThan(2);
    expect(read).toBeLessThan(6);
    for (const { certificates } of visits.slice(read)) expect(certificates).toHaveLength(1);
    // Others are not affected.
    expect(present(connection(leaf), { ...server, address: "edge-2:2376" }).isPartial).toBe(false);
    await clock.advance(24 * HOUR_MS);
    expect(present(connection(renewed, 9)).isPartial).toBe(false);
  });

  it("pays for those that are not used", async () => {
    const { clock, present } = world();
    expect(present(connection(leaf, 250)).certificates).toHaveLength(10);
    expect(present(connection(renewed)).isPartial).toBe(true);
    await clock.advance(48 * HOUR_MS);
    expect(present(connection(renewed)).isPartial).toBe(true);
    // Better an old answer than none.
    expect(present(connection(leaf)).certificates).toHaveLength(10);
    await clock.advance(5 * 24 * HOUR_MS);
    expect(present(connection(renewed)).isPartial).toBe(false);
  });

  it("cannot use the share of other owners, no matter how many such servers there are", () => {
    const { present } = world();
    let read = 0;
    for (let index = 0; index < 200; index++) {
      const { isPartial } = present(connection(leaf, 250), { owner: "hostile", address: `edge-${index}:2376` });
      if (!isPartial) read++;
    }
    expect(read).toBeLessThan(25);
    expect(present(connection(leaf)).isPartial).toBe(false);
  });
});
