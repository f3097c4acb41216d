import type { ReportedChange } from "../message.ts";
import type { Format } from "./format.ts";

const TYPES = { changes: "dev.dockerhost.changes.v1", test: "dev.dockerhost.test.v1" } as const;

/** CloudEvents 1.0 in the structured mode of its HTTP binding: https://cloudevents.io */
export const cloudEvents: Format = {
  contentType: "application/cloudevents+json; charset=utf-8",
  render: (message) => ({
    body: JSON.stringify({
      specversion: "1.0",
      id: message.id,
      source: `/dockerhost/${encodeURIComponent(message.from)}`,
      type: TYPES[message.type],
      time: message.at,
      datacontenttype: "application/json",
      data: { summary: message.title, changes: message.changes.map(toData) },
    }),
  }),
};

function toData({ id, change, reason, message, at, kind, namespace, name, host, container }: ReportedChange): object {
  const update = kind === "ContainerUpdate" ? { host, container } : {};
  return { id, change, time: at, kind, namespace, name, ...update, reason, message };
}
