import { describe, expect, it } from "vitest";
import { tameNodeEnvironment } from "./node-environment.ts";

describe("tameNodeEnvironment", () => {
  it("takes away what would have libraries print keys, and leaves the rest", () => {
    const env: NodeJS.ProcessEnv = { DEBUG: "*", DIAGNOSTICS: "winston:*", HOME: "/root", NODE_EXTRA_CA_CERTS: "/ca" };
    expect(tameNodeEnvironment(env, [])).toEqual({ ok: true, value: ["DEBUG", "DIAGNOSTICS"] });
    expect(env).toEqual({ HOME: "/root", NODE_EXTRA_CA_CERTS: "/ca" });
  });

  it.each([
    [{ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, [], "NODE_TLS_REJECT_UNAUTHORIZED=0"],
    [{ NODE_DEBUG: "http" }, [], "NODE_DEBUG"],
    [{ NODE_OPTIONS: "--no-warnings --tls-min-v1.0" }, [], "--tls-min-v1.0"],
    [{ NODE_OPTIONS: "--tls_keylog=/tmp/keys" }, [], "--tls-keylog"],
    [{}, ["--insecure-http-parser"], "--insecure-http-parser"],
  ])("refuses %j with the flags %j", (env, execArgv, words) => {
    expect(tameNodeEnvironment(env, execArgv)).toEqual({ ok: false, failure: expect.stringContaining(words) });
  });

  it.each([
    [{ NODE_TLS_REJECT_UNAUTHORIZED: "1" }, []],
    [{ NODE_DEBUG: "" }, []],
    [{ NODE_OPTIONS: "--permission --allow-fs-read=/app --max-semi-space-size=2" }, ["--enable-source-maps"]],
    [{ NODE_OPTIONS: "--tls-min-v1.3" }, []],
  ])("lets %j with the flags %j pass", (env, execArgv) => {
    expect(tameNodeEnvironment(env, execArgv)).toEqual({ ok: true, value: [] });
  });
});
