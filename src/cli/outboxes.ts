import { type ContainerUpdateObject, parseUpdateSpec } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { ContainerUpdates } from "../containerupdate/update-ports.ts";
import type { Resources } from "../dockerhost/ports.ts";
import { type Outbox, StatusOutbox } from "../notify/outbox.ts";
import type { Store } from "../runtime/store.ts";

const DROPPED = { type: "Warning", reason: "NotificationDropped", action: "Notify" } as const;

/** The changes of DockerHosts for the receiver of notifications. */
export function hostOutbox(
  store: Store<DockerHostObject>,
  resources: Pick<Resources, "saveStatus" | "recordEvent">,
): Outbox {
  return new StatusOutbox({
    kind: "DockerHost",
    store,
    lists: ({ changes, updateChanges }) => ({ connection: changes, updates: updateChanges }),
    announceDrop: (host, message) => resources.recordEvent(host, { ...DROPPED, message }),
    save: (host, notified, signal) => resources.saveStatus(host, "notifications", { notified }, signal),
  });
}

/** The same for ContainerUpdates. */
export function updateOutbox(
  store: Store<ContainerUpdateObject>,
  updates: Pick<ContainerUpdates, "saveStatus" | "recordEvent">,
): Outbox {
  return new StatusOutbox({
    kind: "ContainerUpdate",
    store,
    lists: ({ changes }) => ({ replacement: changes }),
    details: ({ spec }) => {
      const parsed = parseUpdateSpec(spec);
      return parsed.ok ? { host: parsed.value.hostRef.name, container: parsed.value.container } : {};
    },
    announceDrop: (update, message) => updates.recordEvent(update, { ...DROPPED, message }),
    save: (update, notified, signal) => updates.saveStatus(update, "notifications", { notified }, signal),
  });
}
