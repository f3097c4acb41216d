import type { Message } from "../message.ts";

/** A message in the form that a receiver accepts. */
export interface Rendered {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A format of messages. */
export interface Format {
  readonly contentType: string;
  readonly render: (message: Message) => Rendered;
}
