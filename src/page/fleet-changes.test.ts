import { expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { FleetChanges } from "./fleet-changes.ts";

function follow(changes: FleetChanges) {
  const gone = new AbortController();
  const events = changes.follow(gone.signal)?.[Symbol.asyncIterator]();
  if (events === undefined) throw new Error("refused");
  return { gone, next: async () => (await events.next()).value as string | undefined };
}

it("sends the version, then one event for changes that come together", async () => {
  const clock = new FakeClock();
  const changes = new FleetChanges(clock, "s");
  const reader = follow(changes);
  expect(await reader.next()).toBe("event: version\ndata: s-0\n\n");
  const next = reader.next();
  for (let i = 0; i < 5; i++) changes.changed();
  await clock.advance(1_000);
  expect(await next).toBe("event: version\ndata: s-1\n\n");
  reader.gone.abort();
});

it("sends only one comment a minute while nothing changes", async () => {
  const clock = new FakeClock();
  const reader = follow(new FleetChanges(clock, "s"));
  await reader.next();
  let sent: string | undefined;
  const next = reader.next().then((text) => {
    sent = text;
  });
  await clock.advance(59_000);
  expect(sent).toBeUndefined();
  await clock.advance(1_000);
  await next;
  expect(sent).toBe(": nothing changed\n\n");
  reader.gone.abort();
});

it("keeps nothing for a reader that does not read, and later sends the newest version", async () => {
  const clock = new FakeClock();
  const changes = new FleetChanges(clock, "s");
  const reader = follow(changes);
  await reader.next();
  for (let i = 0; i < 10; i++) {
    changes.changed();
    await clock.advance(1_000);
  }
  expect(await reader.next()).toBe("event: version\ndata: s-10\n\n");
  reader.gone.abort();
});

it("refuses readers beyond a limit, and accepts others after some have left", async () => {
  const changes = new FleetChanges(new FakeClock(), "s");
  const gone = new AbortController();
  while (changes.follow(gone.signal) !== undefined);
  expect(changes.readers).toBe(128);
  gone.abort();
  expect(changes.readers).toBe(0);
  expect(changes.follow(new AbortController().signal)).toBeDefined();
});

it("looks often whether what is missing can be shown, and only then", async () => {
  const clock = new FakeClock();
  let gaps = "The hosts are missing.";
  const changes = new FleetChanges(clock, "s", () => gaps);
  const reader = follow(changes);
  await reader.next();
  gaps = "";
  const next = reader.next();
  await clock.advance(5_000);
  expect(await next).toBe("event: version\ndata: s-1\n\n");
  const later = reader.next();
  gaps = "The hosts are missing again.";
  await clock.advance(60_000);
  expect(await later).toBe("event: version\ndata: s-2\n\n");
  reader.gone.abort();
});

it("makes a new version at a look when something is missing, and notifies the readers", async () => {
  let gaps = "";
  const changes = new FleetChanges(new FakeClock(), "s", () => gaps);
  const reader = follow(changes);
  await reader.next();
  const next = reader.next();
  gaps = "The hosts are missing.";
  expect([changes.look(), changes.look()]).toEqual(["s-1", "s-1"]);
  expect(await next).toBe("event: version\ndata: s-1\n\n");
  reader.gone.abort();
});
