import { describe, expect, it } from "vitest";
import { proxyFromEnvironment } from "./proxy-environment.ts";

const P = "http://proxy:3128";

describe("proxyFromEnvironment", () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ["https://api.example.com", {}, undefined],
    ["https://api.example.com", { HTTPS_PROXY: P }, P],
    ["https://api.example.com", { https_proxy: "proxy:3128" }, P],
    ["https://api.example.com", { HTTP_PROXY: P, ALL_PROXY: P }, undefined],
    ["https://localhost:6443", { HTTPS_PROXY: P }, undefined],
    ["https://127.3.2.1:6443", { HTTPS_PROXY: P }, undefined],
    ["https://[::1]:6443", { HTTPS_PROXY: P }, undefined],
    ["https://api.example.com", { HTTPS_PROXY: P, NO_PROXY: "*" }, undefined],
    ["https://api.example.com", { HTTPS_PROXY: P, NO_PROXY: "example.com" }, undefined],
    ["https://api.example.com", { HTTPS_PROXY: P, no_proxy: "a, .example.com" }, undefined],
    ["https://example.com", { HTTPS_PROXY: P, NO_PROXY: ".example.com" }, P],
    ["https://badexample.com", { HTTPS_PROXY: P, NO_PROXY: "example.com" }, P],
    ["https://api.example.com", { HTTPS_PROXY: P, NO_PROXY: "*.example.com" }, undefined],
    ["https://api.example.com:6443", { HTTPS_PROXY: P, NO_PROXY: "api.example.com:6443" }, undefined],
    ["https://api.example.com", { HTTPS_PROXY: P, NO_PROXY: "api.example.com:6443" }, P],
    ["https://10.1.2.3:6443", { HTTPS_PROXY: P, NO_PROXY: "10.0.0.0/8" }, undefined],
    ["https://10.1.2.3:6443", { HTTPS_PROXY: P, NO_PROXY: "10.1.2.3" }, undefined],
    ["https://11.1.2.3:6443", { HTTPS_PROXY: P, NO_PROXY: "10.0.0.0/8,10.1.2.3" }, P],
    ["https://[fd00::7]:6443", { HTTPS_PROXY: P, NO_PROXY: "[fd00::7]:6443" }, undefined],
    ["https://API.example.com", { HTTPS_PROXY: P, NO_PROXY: "Api.Example.com" }, undefined],
  ])("%s with %j", (url, env, proxy) => {
    expect(proxyFromEnvironment(new URL(url), env)).toBe(proxy);
  });
});
