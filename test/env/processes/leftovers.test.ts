import { describe, expect, it } from "vitest";
import { bridgeOf, mountsBelow } from "./leftovers.ts";

describe("mountsBelow", () => {
  it("gives the mounts below a folder, the deepest first", () => {
    const mountinfo = [
      "22 1 254:0 / / rw - ext4 /dev/vda rw",
      "90 22 254:0 /tmp/run-1/data /tmp/run-1/data rw - ext4 /dev/vda rw",
      "91 90 0:50 / /tmp/run-1/data/overlay2/abc/merged rw - overlay overlay rw",
      "92 22 0:51 / /tmp/run-10/data rw - overlay overlay rw",
    ].join("\n");
    expect(mountsBelow("/tmp/run-1", mountinfo)).toEqual(["/tmp/run-1/data/overlay2/abc/merged", "/tmp/run-1/data"]);
  });

  it("reads mount points with spaces", () => {
    expect(mountsBelow("/tmp/my run", "90 22 0:50 / /tmp/my\\040run/a rw - ext4 x rw")).toEqual(["/tmp/my run/a"]);
  });
});

describe("bridgeOf", () => {
  it("names an interface of each run", () => {
    expect(bridgeOf("/tmp/dockerhost-test-4194304-123456789-aB3xYz")).toBe("dh-aB3xYz");
  });
});
