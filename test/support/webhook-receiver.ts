import { createHmac, timingSafeEqual } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";

export const KEY = `whsec_${Buffer.from("a key of the tests, 32 bytes now").toString("base64")}`;

/** A message whose signature was right. */
export interface ReceivedMessage {
  readonly id: string;
  readonly timestamp: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Messages that were answered with 2xx. */
  readonly accepted: ReceivedMessage[];
  /** All requests with a valid signature, whatever was answered. */
  readonly seen: ReceivedMessage[];
  /** Why requests were refused. */
  readonly invalid: string[];
  /** Answers from now on. By default, everything is accepted with 202. */
  answer: (message: ReceivedMessage, response: http.ServerResponse) => void;
  close(): Promise<void>;
}

/** A receiver that verifies signatures by the text of Standard Webhooks, with no code of the product. */
export async function startWebhookReceiver(
  options: {
    readonly key?: string;
    readonly tls?: https.ServerOptions;
    readonly path?: string;
    readonly host?: string;
  } = {},
): Promise<WebhookReceiver> {
  const { key = KEY, tls, path = "/hooks/T0SECRET0PATH", host = "127.0.0.1" } = options;
  const listener: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const {
        "webhook-id": id = "",
        "webhook-timestamp": time = "",
        "webhook-signature": signature = "",
      } = request.headers;
      const message = {
        id: String(id),
        timestamp: Number(time),
        headers: request.headers,
        body,
        path: request.url ?? "",
      };
      if (!isSigned(key, `${id}.${time}.${body}`, String(signature))) {
        receiver.invalid.push(`${request.method} ${request.url}: ${signature}`);
        response.writeHead(401).end("invalid signature");
        return;
      }
      receiver.seen.push(message);
      receiver.answer(message, response);
      if (response.headersSent && response.statusCode >= 200 && response.statusCode < 300) {
        receiver.accepted.push(message);
      }
    });
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: WebhookReceiver = {
    url: `${tls === undefined ? "http" : "https"}://${host}:${port}${path}`,
    accepted: [],
    seen: [],
    invalid: [],
    answer: (_message, response) => void response.writeHead(202).end(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

/** The changes of all accepted messages in CloudEvents, in order. */
export function acceptedChanges({ accepted }: WebhookReceiver): readonly Record<string, string>[] {
  return accepted.flatMap(({ body }) => JSON.parse(body).data.changes as Record<string, string>[]);
}

function isSigned(key: string, content: string, signatures: string): boolean {
  const secret = Buffer.from(key.replace("whsec_", ""), "base64");
  const expected = createHmac("sha256", secret).update(content).digest();
  return signatures.split(" ").some((each) => {
    const [version, value = ""] = each.split(",");
    const given = Buffer.from(value, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
