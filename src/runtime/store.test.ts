import { beforeEach, describe, expect, it } from "vitest";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import type { KubeObject } from "./kube-object.ts";
import { Store, type StoreChange } from "./store.ts";

interface Host extends KubeObject {
  readonly secret?: string;
}

function host(name: string, version: number, more: { secret?: string; uid?: string } = {}): Host {
  const { secret, uid = `uid-of-${name}` } = more;
  const metadata = Object.freeze({ namespace: "ns", name, uid, resourceVersion: String(version) });
  return Object.freeze(secret === undefined ? { metadata } : { metadata, secret });
}

let store: Store<Host>;
let changes: string[];

beforeEach(() => {
  store = new Store<Host>();
  changes = [];
  store.subscribe(({ type, key, object, previous }) => {
    const before = previous === undefined ? "" : `${previous.metadata.resourceVersion}->`;
    changes.push(`${type} ${key} ${before}${object.metadata.resourceVersion}`);
  });
});

describe("Store", () => {
  it("reports additions, updates and deletions", () => {
    store.upsert(host("a", 1));
    store.upsert(host("a", 2));
    store.remove("ns/a");
    expect(changes).toEqual(["added ns/a 1", "updated ns/a 1->2", "deleted ns/a 2"]);
    expect(store.size).toBe(0);
  });

  it("ignores the version that it has, and an older one, which arrived late", () => {
    store.upsert(host("a", 10));
    store.upsert(host("a", 10));
    store.upsert(host("a", 9));
    expect(changes).toEqual(["added ns/a 10"]);
    expect(store.get("ns/a")?.metadata.resourceVersion).toBe("10");
  });

  it("uses the order of the watch if versions are not numbers", () => {
    const odd = (version: string) => ({ metadata: { name: "a", resourceVersion: version } });
    store.upsert(odd("zz"));
    store.upsert(odd("aa"));
    expect(store.get("/a")?.metadata.resourceVersion).toBe("aa");
  });

  it("treats an object of the same name as another object, whatever its version", () => {
    store.upsert(host("a", 10));
    store.upsert(host("a", 3, { uid: "another" }));
    expect(store.get("ns/a")?.metadata.uid).toBe("another");
  });

  it("treats objects that a list does not contain as deleted, and reports only what is new in it", () => {
    store.replace([host("a", 1), host("b", 1)]);
    changes.length = 0;
    store.replace([host("b", 1), host("c", 2)]);
    expect(changes).toEqual(["deleted ns/a 1", "added ns/c 2"]);
    expect(store.list().map((object) => object.metadata.name)).toEqual(["b", "c"]);
  });

  it("does not let a list that was read earlier undo our own write", () => {
    store.upsert(host("a", 10));
    store.observe(host("a", 12));
    store.replace([host("a", 11)]);
    expect(store.get("ns/a")?.metadata.resourceVersion).toBe("12");
  });

  it("goes by the version of a list where it has one: what is older in a newer list is right", () => {
    store.upsert(host("a", 10));
    store.observe(host("b", 10));
    store.upsert(host("b", 14));
    store.replace([host("a", 5), host("b", 5)], { version: "12" });
    expect(store.get("ns/a")?.metadata.resourceVersion).toBe("5");
    expect(store.get("ns/b")?.metadata.resourceVersion).toBe("14");
  });

  it("takes everything from the list of a server whose versions started again", () => {
    store.upsert(host("a", 100));
    store.replace([host("a", 5)], { version: "12", isRewound: true });
    expect(store.get("ns/a")?.metadata.resourceVersion).toBe("5");
    store.upsert(host("a", 6));
    expect(store.get("ns/a")?.metadata.resourceVersion).toBe("6");
  });

  it("lets the list of one namespace say nothing of another's", () => {
    store.upsert(host("a", 1));
    store.upsert({ metadata: { name: "b", namespace: "other", resourceVersion: "1" } });
    store.replace([], { namespace: "other", version: "5" });
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  it("does not bring a deleted object back by the late answer to our own write", () => {
    store.upsert(host("a", 10));
    store.remove("ns/a");
    store.observe(host("a", 11));
    expect(store.get("ns/a")).toBeUndefined();
    store.upsert(host("a", 12, { uid: "another" }));
    store.observe(host("a", 11));
    expect(store.get("ns/a")?.metadata.uid).toBe("another");
  });

  it("ignores the removal of what it does not hold", () => {
    store.remove("ns/a");
    expect(changes).toEqual([]);
  });

  it("breaks neither itself nor other listeners when a listener throws", () => {
    const logger = new MemoryLogger();
    const reported: StoreChange<Host>[] = [];
    const shielded = new Store<Host>({ logger });
    shielded.subscribe(() => {
      throw new Error("bad listener");
    });
    shielded.subscribe((change) => reported.push(change));
    shielded.upsert(host("a", 1));
    expect(reported).toHaveLength(1);
    expect(logger.lines).toMatchObject([{ level: "error", fields: { object: "ns/a" } }]);
  });

  it("reports nothing else after the unsubscribe", () => {
    const reported: unknown[] = [];
    store.subscribe((change) => reported.push(change))();
    store.upsert(host("a", 1));
    expect(reported).toEqual([]);
  });
});

describe("an index", () => {
  const names = (value: string) => store.byIndex("secret", value).map((object) => object.metadata.name);

  it("follows additions, changes and deletions", () => {
    store.upsert(host("a", 1, { secret: "x" }));
    store.addIndex("secret", (object) => (object.secret === undefined ? [] : [object.secret]));
    store.upsert(host("b", 1, { secret: "x" }));
    expect(names("x")).toEqual(["a", "b"]);
    store.upsert(host("a", 2, { secret: "y" }));
    expect(names("x")).toEqual(["b"]);
    expect(names("y")).toEqual(["a"]);
    store.upsert(host("a", 3));
    store.remove("ns/b");
    expect(names("x")).toEqual([]);
    expect(names("y")).toEqual([]);
  });

  it("evaluates each version of an object once", () => {
    const evaluated: (string | undefined)[] = [];
    store.addIndex("secret", ({ metadata }) => {
      evaluated.push(metadata.resourceVersion);
      return ["x"];
    });
    for (const version of [1, 2, 2, 3]) store.upsert(host("a", version));
    store.remove("ns/a");
    expect(evaluated).toEqual(["1", "2", "3"]);
    expect(names("x")).toEqual([]);
  });

  it("must exist", () => {
    expect(() => store.byIndex("nothing", "x")).toThrow(RangeError);
  });
});
