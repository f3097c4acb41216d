import type { Message } from "../message.ts";

/** A message as a receiver takes it. */
export interface Rendered {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A way to write messages. */
export interface Format {
  readonly contentType: string;
  readonly render: (message: Message) => Rendered;
}
