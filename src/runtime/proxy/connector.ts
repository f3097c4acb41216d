import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { buildConnector } from "undici";
import type { Clock } from "../../common/clock.ts";
import { startDeadline } from "../../common/deadline.ts";
import { errorCode } from "../../common/error-code.ts";
import { trustRoots } from "../../common/trust-roots.ts";
import { connectBySocks5 } from "./socks5.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** Probe idle connections like Go, which is below the idle limits of cloud load balancers. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 30_000 };

type TlsOptions = Pick<ConnectionOptions, "ca" | "cert" | "key" | "servername" | "rejectUnauthorized">;

/** Opens the connections of an undici Agent, directly or through a proxy. Proxies only see the encrypted connection. */
export function createConnector(tls: TlsOptions, proxy: string | undefined, clock: Clock): buildConnector.connector {
  if (proxy === undefined)
    return buildConnector({ ...tls, timeout: CONNECT_TIMEOUT_MS, ...KEEP_ALIVE, allowH2: false });
  const url = new URL(proxy);
  return ({ hostname, port, protocol }, callback) => {
    const host = hostname.replace(/^\[|\]$/g, "");
    const target = { host, port: Number(port) || (protocol === "https:" ? 443 : 80), isTls: protocol === "https:" };
    openThrough(url, target, tls, clock).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error("failed"), null),
    );
  };
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

async function openThrough(proxy: URL, target: Target, tls: TlsOptions, clock: Clock): Promise<Socket> {
  const what = `the connection through the proxy ${proxy.protocol}//${proxy.host}`;
  using deadline = startDeadline(new AbortController().signal, what, CONNECT_TIMEOUT_MS, clock);
  const { signal } = deadline;
  let tunnel: Socket;
  try {
    tunnel = await openTunnel(proxy, target, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const words = error instanceof Error && error.message !== "" ? error.message : (errorCode(error) ?? "failed");
    throw new Error(`the proxy ${proxy.protocol}//${proxy.host} cannot be used: ${words}`, { cause: error });
  }
  tunnel.setKeepAlive(true, KEEP_ALIVE.keepAliveInitialDelay);
  tunnel.setNoDelay(true);
  if (!target.isTls) return tunnel;
  const { host } = target;
  const secure = connectTls({
    servername: isIP(host) === 0 ? host : "",
    ...tls,
    host,
    socket: tunnel,
    ALPNProtocols: ["http/1.1"],
  });
  return await established(secure, "secureConnect", signal);
}

async function openTunnel(proxy: URL, { host, port }: Target, signal: AbortSignal): Promise<Socket> {
  if (proxy.protocol.startsWith("socks5")) {
    const to = { host: proxy.hostname.replace(/^\[|\]$/g, ""), port: Number(proxy.port || 1080) };
    const socket = await established(connectTcp(to), "connect", signal);
    const stop = () => socket.destroy();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await connectBySocks5(socket, proxy, host, port);
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
  return await connectByHttp(proxy, `${isIP(host) === 6 ? `[${host}]` : host}:${port}`, signal);
}

/** Sends a CONNECT request, whose answer 200 turns the connection into a tunnel. */
async function connectByHttp(proxy: URL, authority: string, signal: AbortSignal): Promise<Socket> {
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const authorization =
    proxy.username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` };
  const isTls = proxy.protocol === "https:";
  const options = {
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: proxy.port || (isTls ? 443 : 80),
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...authorization },
    agent: false,
    signal,
    ...(isTls && { ca: [...trustRoots()] }),
  };
  const request = isTls ? requestHttps(options) : requestHttp(options);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  request.once("error", reject);
  // A proxy that answers with a body is not a tunnel.
  request.once("response", (response) => {
    response.destroy();
    reject(new Error(`it answers ${response.statusCode}`));
  });
  request.once("connect", (response, socket, head) => {
    if (response.statusCode === 200 && head.length === 0) return resolve(socket);
    socket.destroy();
    reject(
      new Error(
        response.statusCode === 407
          ? "it wants another user name or password (407)"
          : `it answers ${response.statusCode}`,
      ),
    );
  });
  request.end();
  return await promise;
}

/** Waits for the event, and destroys the socket if it does not come. */
async function established<T extends Socket>(
  socket: T,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<T> {
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? signal.reason : error;
  }
}
