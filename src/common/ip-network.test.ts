import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, formatIpNetwork, parseIpAddress, parseIpNetwork } from "./ip-network.ts";

function network(text: string) {
  const parsed = parseIpNetwork(text);
  if (!parsed.ok) throw new Error(parsed.failure);
  return parsed.value;
}

function isIn(address: string, text: string): boolean {
  const parsed = parseIpAddress(address);
  if (parsed === undefined) throw new Error(`${address} is no address`);
  return contains(network(text), parsed);
}

describe("parseIpAddress", () => {
  it.each([
    ["0.0.0.0", 4, 0n],
    ["127.0.0.1", 4, 0x7f000001n],
    ["255.255.255.255", 4, 0xffffffffn],
    ["::", 6, 0n],
    ["::1", 6, 1n],
    ["fe80::1%eth0", 6, (0xfe80n << 112n) | 1n],
    ["1:2:3:4:5:6:7:8", 6, 0x00010002000300040005000600070008n],
    ["1::", 6, 1n << 112n],
    ["1:2:3:4:5:6:7::", 6, 0x00010002000300040005000600070000n],
    ["64:ff9b::192.0.2.33", 6, (0x64ff9bn << 96n) | 0xc0000221n],
  ] as const)("reads %s", (text, family, value) => {
    expect(parseIpAddress(text)).toEqual({ family, value });
  });

  it.each(["::ffff:169.254.169.254", "::FFFF:a9fe:a9fe", "0:0:0:0:0:ffff:a9fe:a9fe", "::ffff:a9fe:a9fe%lo"])(
    "parses %s as the IPv4 address that is dialled",
    (text) => {
      expect(parseIpAddress(text)).toEqual(parseIpAddress("169.254.169.254"));
    },
  );

  it.each(["", "edge-7", "127.1", "0177.0.0.1", "2130706433", "[::1]", "1.2.3.4/32", "12345::", "::1::"])(
    "does not accept %j",
    (text) => {
      expect(parseIpAddress(text)).toBeUndefined();
    },
  );

  it("parses every IPv6 address to the groups with which it is written", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const full = groups.map((group) => group.toString(16)).join(":");
        const short = new URL(`http://[${full}]`).hostname.slice(1, -1);
        expect(isIPv6(short)).toBe(true);
        expect(parseIpAddress(short)).toEqual(parseIpAddress(full));
      }),
    );
  });
});

describe("parseIpNetwork", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["192.0.2.7", "192.0.2.7/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["::/0", "::/0"],
    ["FE80:0::/10", "fe80::/10"],
    ["fd00:ec2::254", "fd00:ec2::254/128"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:192.0.2.7", "192.0.2.7/32"],
  ])("reads %s", (text, formatted) => {
    expect(formatIpNetwork(network(text))).toBe(formatted);
  });

  it.each([
    ["10.0.0.1/8", "'10.0.0.1/8' has bits set after its prefix; write 10.0.0.0/8."],
    ["fe80::1/10", "'fe80::1/10' has bits set after its prefix; write fe80::/10."],
    ["10.0.0.0/33", "'10.0.0.0/33' has a prefix that is too long; write 10.0.0.0/32 or a shorter one."],
    ["fd00::/129", "'fd00::/129' has a prefix that is too long; write fd00::/128 or a shorter one."],
    ["::ffff:10.0.0.0/90", "'::ffff:10.0.0.0/90' mixes IPv4 and IPv6; write one network for each, such as "],
    ...["", "10.0.0", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "edge-7", "fe80::%eth0/10", "1/8", "010.0.0.0/8"].map(
      (text) => [text, `'${text}' is not a valid address or network; write one such as 10.0.0.0/8, `],
    ),
  ])("says what to write instead of %j", (text, words) => {
    expect(parseIpNetwork(text)).toEqual({ ok: false, failure: expect.stringContaining(words ?? "") });
  });

  it("parses what it has formatted", () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 128 }), (address, bits) => {
        const all = BigInt(`0x${Buffer.from(address).toString("hex")}`);
        const [family, length] = bits > 96 ? ([4, bits - 96] as const) : ([6, bits] as const);
        const rest = BigInt((family === 4 ? 32 : 128) - length);
        const value = ((family === 4 ? all & 0xffffffffn : all) >> rest) << rest;
        fc.pre(family === 4 || value >> 32n !== 0xffffn);
        const text = formatIpNetwork({ family, value, length });
        expect(parseIpNetwork(text)).toEqual({ ok: true, value: { family, value, length } });
      }),
    );
  });
});

describe("contains", () => {
  it.each([
    ["10.255.255.255", "10.0.0.0/8", true],
    ["11.0.0.0", "10.0.0.0/8", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.6", "192.0.2.7", false],
    ["febf::1", "fe80::/10", true],
    ["fec0::1", "fe80::/10", false],
    ["192.0.2.7", "0.0.0.0/0", true],
    ["192.0.2.7", "::/0", false],
    ["::ffff:192.0.2.7", "::/0", false],
    ["::ffff:192.0.2.7", "0.0.0.0/0", true],
  ])("%s in %s: %s", (address, text, expected) => {
    expect(isIn(address, text)).toBe(expected);
  });
});
