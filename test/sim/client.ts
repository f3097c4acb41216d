import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import type { KeyPair } from "../support/pki.ts";

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Authority's certificate, PEM. */
  readonly ca?: string;
  readonly client?: KeyPair;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** One bare request on a connection of its own: what the servers of this folder look like from outside. */
export function ask(
  url: string,
  { method = "GET", headers = {}, body, ca, client }: RawRequest = {},
): Promise<RawResponse> {
  const { protocol, hostname, port } = new URL(url);
  const path = url.slice(url.indexOf("/", url.indexOf("//") + 2)); // as it is: URL would resolve dots in it
  const options = { hostname, port, path, method, headers, agent: false as const };
  const tls = { ca, cert: client?.certPem, key: client?.keyPem };
  return new Promise((resolve, reject) => {
    const request = protocol === "https:" ? https.request({ ...options, ...tls }) : http.request(options);
    request.once("error", reject);
    request.once("response", (response) => {
      text(response).then(
        (received) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
        reject,
      );
    });
    request.end(body);
  });
}

export function json(response: RawResponse): unknown {
  return JSON.parse(response.body);
}
