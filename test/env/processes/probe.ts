import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";

export interface ProbeOptions {
  /** PEM; the only authority to be trusted. */
  readonly ca?: string;
  readonly token?: string;
  readonly socketPath?: string;
  readonly client?: { readonly certPem: string; readonly keyPem: string };
}

const PROBE_MS = 5_000;

/** Whether a GET is answered with status 200. A connection that fails is an answer too: not yet. */
export function answersOk(url: string, { ca, token, socketPath, client }: ProbeOptions = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const send = url.startsWith("https:") ? requestHttps : requestHttp;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const pair = { cert: client?.certPem, key: client?.keyPem };
    const options = { ca, ...pair, socketPath, headers, agent: false, timeout: PROBE_MS };
    const request = send(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    // Destroyed without an error.
    request.on("close", () => resolve(false));
    request.end();
  });
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
