import { describe, expect, it } from "vitest";
import { parseIpAddress } from "./ip-network.ts";
import { isPublic } from "./special-networks.ts";

function isInternet(text: string): boolean | undefined {
  const address = parseIpAddress(text);
  return address === undefined ? undefined : isPublic(address);
}

describe("isPublic", () => {
  it.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.0",
    "192.169.0.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1",
    "2a00:1450::1",
    "2001:200::1",
    "::ffff:1.1.1.1",
    "64:ff9b::1.1.1.1",
    "::ffff:0:1.2.3.4",
    "2002:101:101::1",
  ])("%s is an address of the Internet", (text) => expect(isInternet(text)).toBe(true));

  it.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::10.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1.1.1.1",
    "2002:a00:1::1",
    "2001::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1%eth0",
    "ff02::1",
  ])("%s is not", (text) => expect(isInternet(text)).toBe(false));
});
