import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

export interface ProbeOptions {
  /** PEM; the only authority to be trusted. */
  readonly ca?: string;
  readonly token?: string;
  readonly socketPath?: string;
  readonly client?: { readonly certPem: string; readonly keyPem: string };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const PROBE_MS = 5_000;

/** Whether a GET is answered with status 200. A connection that fails is an answer too: not yet. */
export async function answersOk(url: string, options: ProbeOptions = {}): Promise<boolean> {
  const answer = await read(url, options).catch(() => undefined);
  return answer?.status === 200;
}

/** One GET on a connection of its own; rejects when it fails or takes too long. */
async function read(url: string, options: ProbeOptions = {}): Promise<Answer> {
  const { ca, token, socketPath, client } = options;
  const send = url.startsWith("https:") ? requestHttps : requestHttp;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const pair = { cert: client?.certPem, key: client?.keyPem };
  const request = send(url, { ca, ...pair, socketPath, headers, agent: false, signal: AbortSignal.timeout(PROBE_MS) });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** Whether somebody listens on a Unix socket. */
export function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
