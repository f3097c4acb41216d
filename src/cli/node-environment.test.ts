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
    [{ NODE_OPTIONS: '"--tls-keylog=/tmp/keys"' }, [], "--tls-keylog"],
    [{ NODE_OPTIONS: '--no-warnings "--tls-min-v1.0"' }, [], "--tls-min-v1.0"],
    [{ NODE_OPTIONS: '--tls-key"log"=/tmp/keys' }, [], "--tls-keylog"],
    [{ NODE_OPTIONS: String.raw`"--tls\-keylog=/tmp/a b"` }, [], "--tls-keylog"],
    [{ NODE_OPTIONS: "--inspect=0.0.0.0:9229" }, [], "--inspect"],
    [{}, ["--inspect-brk"], "--inspect-brk"],
    [{ NODE_OPTIONS: "--inspect_wait" }, [], "--inspect-wait"],
    [{}, ["--trace-tls"], "--trace-tls"],
    [{ NODE_OPTIONS: "--trace_tls" }, [], "--trace-tls"],
  ])("refuses %j with the flags %j", (env, execArgv, words) => {
    expect(tameNodeEnvironment(env, execArgv)).toEqual({ ok: false, failure: expect.stringContaining(words) });
  });

  it.each([
    [{ NODE_TLS_REJECT_UNAUTHORIZED: "1" }, []],
    [{ NODE_DEBUG: "" }, []],
    [{ NODE_OPTIONS: "--permission --allow-fs-read=/app --max-semi-space-size=2" }, ["--enable-source-maps"]],
    [{ NODE_OPTIONS: "--tls-min-v1.3" }, []],
    [{ NODE_OPTIONS: '--title="a --inspect b" --disable-sigusr1' }, []],
  ])("lets %j with the flags %j pass", (env, execArgv) => {
    expect(tameNodeEnvironment(env, execArgv)).toEqual({ ok: true, value: [] });
  });
});
