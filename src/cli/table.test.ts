import { describe, expect, it } from "vitest";
import { renderTable } from "./table.ts";

describe("renderTable", () => {
  it("aligns columns in kubectl's manner, without blanks at the ends of lines", () => {
    expect(
      renderTable(
        ["NAME", "READY", "AGE"],
        [
          ["edge-7", "True", "2m"],
          ["a", "", ""],
        ],
      ),
    ).toEqual(["NAME     READY   AGE", "edge-7   True    2m", "a"]);
  });

  it("counts columns of the screen, not characters", () => {
    const [header, wide] = renderTable(["NAME", "X"], [["日本", "1"]]);
    expect([header, wide]).toEqual(["NAME   X", "日本   1"]);
  });

  it("keeps each row on its line, whatever a remote side wrote", () => {
    const [, row] = renderTable(["NAME"], [["a\r\nb\u001b[2Jc\u202ed\te"]]);
    expect(row).toBe("a b [2Jc d e");
  });

  it("consists of only a header if there are no rows", () => {
    expect(renderTable(["NAME", "READY"], [])).toEqual(["NAME   READY"]);
  });
});
