import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { AnswerFault } from "./faults.ts";

/** One request, read completely. */
export interface SimRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One answer, before any fault. */
export interface Reply {
  /** What is counted: the path with its variables as `{name}`. */
  readonly route: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** JSON with a line's end, as Go encodes it. */
export function jsonReply(
  route: string,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    route,
    status,
    headers: { "Content-Type": "application/json", ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}

export async function readRequest(message: IncomingMessage): Promise<SimRequest> {
  const [path = "/", query = ""] = (message.url ?? "/").split("?", 2);
  return {
    method: message.method ?? "GET",
    path: decode(path),
    query: new URLSearchParams(query),
    headers: message.headers,
    // A GET has none: not to wait for its end saves a turn of the event loop per request.
    body: message.method === "POST" ? await text(message) : "",
  };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a stray % is not an escape: the route will not be found
  }
}

/** Writes the answer as the fault would have it. */
export function writeReply(response: ServerResponse, reply: Reply, fault: AnswerFault | undefined): void {
  switch (fault?.kind) {
    case undefined:
      send(response, reply);
      break;
    case "delay": {
      const timer = setTimeout(() => send(response, reply), fault.ms);
      response.once("close", () => clearTimeout(timer));
      break;
    }
    case "hang":
      break;
    case "stall-body":
      sendHalf(response, reply, () => {});
      break;
    case "cut-body":
      sendHalf(response, reply, () => response.destroy());
      break;
    case "endless-body":
      response.writeHead(reply.status, reply.headers);
      pour(response);
      break;
    case "missing-header": {
      const dropped = fault.header.toLowerCase();
      const kept = Object.entries(reply.headers).filter(([name]) => name.toLowerCase() !== dropped);
      send(response, { ...reply, headers: Object.fromEntries(kept) });
      break;
    }
    case "status": {
      const headers = { "Content-Type": "text/plain; charset=utf-8", ...fault.headers };
      send(response, { ...reply, status: fault.status, headers, body: fault.body ?? "" });
      break;
    }
  }
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": Buffer.byteLength(reply.body) });
  response.end(reply.body);
}

/** Blanks, as fast as they are taken. */
function pour(response: ServerResponse): void {
  const blanks = Buffer.alloc(64 * 1024, " ");
  const write = () => {
    while (!response.destroyed && response.write(blanks));
  };
  response.on("drain", write);
  write();
}

function sendHalf(response: ServerResponse, reply: Reply, then: () => void): void {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": body.length });
  response.write(body.subarray(0, Math.floor(body.length / 2)), then);
}
