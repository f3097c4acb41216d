import * as http from "node:http";
import { isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { DialDenied, type DialGuard, guardedConnect } from "../common/dial-guard.ts";
import { errorCode } from "../common/error-code.ts";
import { portOf, type RegistryProxy } from "./proxy.ts";

/** For each step: connecting to the proxy, the handshake with it, and the connection that it makes. */
const TIMEOUT_MS = 30_000;
const LARGEST_ANSWER_BYTES = 16 * 1024;

/** The proxy refuses a request, or cannot be reached. */
export class ProxyFailed extends Error {
  override readonly name = "ProxyFailed";
}

/** HTTPS goes through a tunnel. For HTTP, the proxy itself gets the whole URL. */
export type ProxyMode = "tunnel" | "forward";

export interface ProxyPath {
  readonly proxy: RegistryProxy;
  /** Checks the proxy's own address. */
  readonly guard: DialGuard;
  /** Checks a registry's address if the URL contains one; names are resolved by the proxy. */
  readonly targets: DialGuard;
  /** Verifies a proxy that is reached over TLS. */
  readonly secureContext: () => SecureContext;
}

/** Makes an agent open its connections through a proxy. */
export function proxyAgent<A extends http.Agent>(agent: A, path: ProxyPath, mode: ProxyMode): A {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const host = options.host ?? "";
    const denied = targetDenial(host, path.targets);
    const open =
      denied !== undefined
        ? Promise.reject(denied)
        : mode === "forward"
          ? dialProxy(path)
          : openTunnel(path, isIP(host) === 6 ? `[${host}]` : host, Number(options.port));
    open.then(
      (socket) => {
        const through: http.ClientRequestArgs & { readonly socket: Socket } = { ...options, socket };
        const made = mode === "forward" ? socket : createConnection(through);
        if (made) callback?.(null, made);
      },
      // This returns no socket: one would emit the error before the request listens for it.
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}

/** A proxy on this machine would interpret the name as the machine's own address. */
function targetDenial(host: string, targets: DialGuard): DialDenied | undefined {
  if (isIP(host) !== 0) return targets.denial(host);
  return /(^|\.)localhost\.?$/i.test(host) ? (targets.denial("127.0.0.1") ?? targets.denial("::1")) : undefined;
}

/** Connects to the proxy, over TLS if its URL says so. */
function dialProxy({ proxy: { url }, guard, secureContext }: ProxyPath): Promise<Socket> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const socket = guardedConnect({ host, port: Number(portOf(url)) }, guard);
  const isSecure = url.protocol === "https:";
  const ready = isSecure
    ? connectTls({ socket, secureContext: secureContext(), ...(isIP(host) === 0 && { servername: host }), host })
    : socket;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy();
      reject(error instanceof DialDenied ? error : new ProxyFailed(dialProblem(error), { cause: error }));
    };
    socket.setTimeout(TIMEOUT_MS, () => fail(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
    socket.once("error", fail);
    ready.once("error", fail);
    ready.once(isSecure ? "secureConnect" : "connect", () => {
      socket.setTimeout(0);
      socket.off("error", fail);
      ready.off("error", fail);
      resolve(ready);
    });
  });
}

function dialProblem(error: Error): string {
  const code = errorCode(error);
  return `the proxy cannot be reached${code === undefined ? "" : ` (${code})`}`;
}

async function openTunnel(path: ProxyPath, host: string, port: number): Promise<Socket> {
  const authorization = await path.proxy.authorization();
  if (!authorization.ok) throw new ProxyFailed(`the proxy cannot be used: ${authorization.failure}`);
  const socket = await dialProxy(path);
  const target = `${host}:${port}`;
  const request = http.request({
    method: "CONNECT",
    path: target,
    headers: { Host: target, ...(authorization.value !== undefined && { "Proxy-Authorization": authorization.value }) },
    maxHeaderSize: LARGEST_ANSWER_BYTES,
    timeout: TIMEOUT_MS,
    createConnection: () => socket,
  });
  return await new Promise((resolve, reject) => {
    const fail = (problem: string, cause?: Error) => {
      socket.destroy();
      reject(new ProxyFailed(problem, { cause }));
    };
    request.once("timeout", () => fail("the proxy does not answer"));
    request.once("error", (error) => fail("the proxy cut the connection", error));
    request.once("connect", ({ statusCode = 0 }, tunnel: Socket, head) => {
      const problem = refusal(statusCode);
      if (problem !== undefined) return fail(problem);
      tunnel.setTimeout(0);
      if (head.length > 0) tunnel.unshift(head);
      resolve(tunnel);
    });
    request.end();
  });
}

/** Explains why an answer of the proxy means that the request was not passed on. */
export function refusal(status: number): string | undefined {
  if (status === 407) return "the proxy does not accept the credentials (407)";
  return status >= 200 && status < 300 ? undefined : `the proxy does not connect to it (${status})`;
}
