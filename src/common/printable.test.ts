import { expect, it } from "vitest";
import { printable } from "./printable.ts";

it("does not change names, and replaces what controls a terminal", () => {
  expect(printable("edge-7 Öl 容器 😀")).toBe("edge-7 Öl 容器 😀");
  expect(printable("a\x1b[2Jb\u009b31mc\u202ed\n")).toBe("a\ufffd[2Jb\ufffd31mc\ufffdd\ufffd");
});
