import { isIP } from "node:net";
import { failure, type Result, success } from "./result.ts";

/** An address as a number, without the zone of an IPv6 address. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/**
 * A network, which consists of the addresses that share its first `length` bits. A single address is a network of full
 * length.
 */
export interface IpNetwork extends IpAddress {
  readonly length: number;
}

const EXAMPLES = "such as 10.0.0.0/8, 192.0.2.7 or fd00::/8";
/** The prefix ::ffff:0:0/96, in which IPv4 addresses are written as IPv6 addresses. */
const MAPPED = 0xffffn;

/**
 * Parses an address. Returns undefined if the text is not a valid one. An IPv4-mapped IPv6 address is parsed as the
 * IPv4 address, which is the one that is dialled.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const family = isIP(text);
  if (family === 4) return { family, value: ipv4Value(text) };
  if (family !== 6) return undefined;
  const value = ipv6Value(text.replace(/%.*$/s, ""));
  return value >> 32n === MAPPED ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };
}

/** Parses `ADDRESS/LENGTH` or a single address. A failure says what to write instead. */
export function parseIpNetwork(text: string): Result<IpNetwork, string> {
  const [, base = "", suffix] = /^([^/%]*)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const written = isIP(base);
  const address = parseIpAddress(base);
  if (address === undefined) {
    return failure(`'${text}' is not a valid address or network; write one ${EXAMPLES}.`);
  }
  const bits = bitsOf(written === 4 ? 4 : 6);
  const writtenLength = suffix === undefined ? bits : Number(suffix);
  if (writtenLength > bits) {
    return failure(`'${text}' has a prefix that is too long; write ${base}/${bits} or a shorter one.`);
  }
  // A network of IPv4-mapped addresses is an IPv4 network.
  const length = writtenLength - (written === 6 && address.family === 4 ? 96 : 0);
  if (length < 0) return failure(`'${text}' mixes IPv4 and IPv6; write one network for each, ${EXAMPLES}.`);
  const network = { family: address.family, value: networkValue(address, length), length };
  if (network.value !== address.value) {
    return failure(`'${text}' has bits set after its prefix; write ${formatIpNetwork(network)}.`);
  }
  return success(network);
}

export function contains(network: IpNetwork, address: IpAddress): boolean {
  return network.family === address.family && networkValue(address, network.length) === network.value;
}

export function formatIpNetwork({ family, value, length }: IpNetwork): string {
  if (family === 4) return `${[24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".")}/${length}`;
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  // A URL has the canonical form, in which the longest run of zeros is left out.
  return `${new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1)}/${length}`;
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function networkValue({ family, value }: IpAddress, length: number): bigint {
  const rest = BigInt(bitsOf(family) - length);
  return (value >> rest) << rest;
}

function ipv4Value(text: string): bigint {
  return text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function ipv6Value(text: string): bigint {
  const [head = [], tail] = text.split("::").map(groupsOf);
  // Without `::`, all eight groups are present.
  const zeros = Array<bigint>(tail === undefined ? 0 : 8 - head.length - tail.length).fill(0n);
  return [...head, ...zeros, ...(tail ?? [])].reduce((value, group) => (value << 16n) | group, 0n);
}

function groupsOf(text: string): readonly bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [BigInt(`0x${group}`)];
    const value = ipv4Value(group);
    return [value >> 16n, value & 0xffffn];
  });
}
