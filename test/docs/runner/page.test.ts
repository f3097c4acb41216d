import { describe, expect, it } from "vitest";
import { parsePage } from "./page.ts";

describe("parsePage", () => {
  it("finds the commands of both places in order, and which are the first of theirs", () => {
    const { steps } = parsePage("# A page\n```sh\none\n```\n```sh on-host\ntwo\n```\n```sh\nthree\n```\n");
    expect(steps).toMatchObject([
      { place: "reader", text: "one\n", first: true, section: "a-page", line: 2 },
      { place: "on-host", text: "two\n", first: true },
      { place: "reader", text: "three\n", first: false },
    ]);
  });

  it("leaves out blocks of other languages, whatever they contain", () => {
    const { steps, anchors } = parsePage("```yaml\n# no heading\n<!-- run: other.md#here -->\n```\n");
    expect(steps).toEqual([]);
    expect([...anchors]).toEqual([]);
  });

  it("takes a text block of the same section for the output of the commands before it", () => {
    const { steps } = parsePage("```sh\none\n```\nIt prints:\n```text\nOK\n```\n```text\nsomething else\n```\n");
    expect(steps).toMatchObject([{ text: "one\n", output: "OK\n" }]);
  });

  it("does not take a text block of a later section for their output", () => {
    expect(parsePage("```sh\none\n```\n# Next\n```text\nOK\n```\n").steps[0]).not.toHaveProperty("output");
  });

  it("takes away the indentation of a block in a list", () => {
    expect(parsePage("1. First:\n   ```sh\n   one \\\n     --two\n   ```\n").steps).toMatchObject([
      { text: "one \\\n  --two\n" },
    ]);
  });

  it("names sections as GitHub does", () => {
    const { anchors } = parsePage("# The `daemon`, again\n## 2. What's [next](x.md)?\n# Same\n# Same\n");
    expect([...anchors]).toEqual(["the-daemon-again", "2-whats-next", "same", "same-1"]);
  });

  it("finds where the reader is sent to another page", () => {
    expect(parsePage("<!-- run: ../tutorial.md#3-the-daemon -->\nSee there.\n").steps).toMatchObject([
      { kind: "detour", page: "../tutorial.md", section: "3-the-daemon" },
    ]);
  });

  it("does not overlook a block without an end", () => {
    expect(() => parsePage("text\n```sh\none\n")).toThrow("begins in line 2");
  });
});
