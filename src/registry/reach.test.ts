import { describe, expect, it } from "vitest";
import { reachFrom } from "./reach.ts";

const reach = (from: string, address: string | undefined, to: string) =>
  reachFrom({ url: new URL(from), address }, new URL(to));

describe("a server that names another", () => {
  it.each([
    ["https://registry.example.com", "93.184.215.14", "https://auth.example.com/token"],
    ["https://registry.example.com", "93.184.215.14", "https://registry.example.com/token"],
    ["http://registry.example.com", "::ffff:93.184.215.14", "http://registry.example.com:81/token"],
    ["https://registry.example.com", "2606:4700::1", "https://10.0.0.1/token"],
    ["https://registry.example.com", undefined, "https://auth.example.com/token"],
    ["https://registry.example.com", "nonsense", "https://auth.example.com/token"],
  ])("%s at %s: to %s over the Internet only", (from, address, to) => expect(reach(from, address, to)).toBe("public"));

  it.each([
    ["https://registry.corp:5050", "10.1.2.3", "https://gitlab.corp/jwt/auth"],
    ["http://harbor.corp", "192.168.1.2", "http://harbor.corp/service/token"],
    ["http://harbor.corp:5000", "fd12::1", "http://harbor.corp/service/token"],
    ["http://127.0.0.1:5000", "127.0.0.1", "https://auth.corp/token"],
  ])("%s at %s: to %s wherever the rules allow", (from, address, to) =>
    expect(reach(from, address, to)).toBe("anywhere"),
  );

  it.each([
    ["http://registry.corp:5000", "10.1.2.3", "http://some-service/path"],
    ["http://10.1.2.3:5000", "10.1.2.3", "http://10.96.0.10/path"],
  ])("%s at %s: to %s only where a flag allows it", (from, address, to) =>
    expect(reach(from, address, to)).toBe("named"),
  );
});
