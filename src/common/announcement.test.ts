import { describe, expect, it } from "vitest";
import { settle } from "../../test/support/fake-clock.ts";
import { Announcement } from "./announcement.ts";

const never = new AbortController().signal;

describe("Announcement", () => {
  it("reaches all waiting callers, each once, and none that comes later", async () => {
    const announcement = new Announcement();
    const heard: string[] = [];
    const listen = (name: string) => announcement.next(never).then(() => heard.push(name));
    void listen("a");
    void listen("b");
    announcement.notify();
    void listen("c");
    await settle();
    expect(heard).toEqual(["a", "b"]);
    announcement.notify();
    await settle();
    expect(heard).toEqual(["a", "b", "c"]);
  });

  it("is not waited for after the signal has fired", async () => {
    const stop = new AbortController();
    const announcement = new Announcement();
    const waited = announcement.next(stop.signal);
    stop.abort();
    await waited;
    await announcement.next(stop.signal);
  });
});
