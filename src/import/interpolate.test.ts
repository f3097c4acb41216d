import { describe, expect, it } from "vitest";
import { interpolate } from "./interpolate.ts";

const VARIABLES = new Map([
  ["HOST", "edge-7"],
  ["EMPTY", ""],
  ["PASSWORD", "hidden"],
]);
const lookup = (name: string) => VARIABLES.get(name);

/** With % for $, since the linter takes ${ in a plain text for a mistake. */
describe("interpolate", () => {
  it.each([
    ["tcp://%HOST:2376", "tcp://edge-7:2376"],
    ["%{HOST}", "edge-7"],
    ["%%HOST", "$HOST"],
    ["%{MISSING}", ""],
    ["%{MISSING:-other}", "other"],
    ["%{EMPTY:-other}", "other"],
    ["%{EMPTY-other}", ""],
    ["%{MISSING-other}", "other"],
    ["%{HOST:+yes}", "yes"],
    ["%{EMPTY:+yes}", ""],
    ["%{EMPTY+yes}", "yes"],
    ["%{MISSING:-%{ALSO:-%{HOST}}}", "edge-7"],
    ["%{HOST:?must be set}", "edge-7"],
    ["%{constructor}", ""],
    ["%{MISSING:-a:-b}", "a:-b"],
  ])("%j is %j", (text, result) => {
    expect(interpolate(text.replaceAll("%", "$"), lookup)).toEqual({ ok: true, value: result });
  });

  it.each([
    ["%{HOST", "closing brace"],
    ["%{}", "malformed"],
    ["a%", "is not followed by the name"],
    ["%{MISSING:?secret words}", "the variable MISSING must be set"],
    [`${"%{A:-".repeat(20)}x${"}".repeat(20)}`, "nested too deeply"],
    ["%HOST".repeat(20_000), "too long"],
  ])("refuses %j without quoting it", (text, message) => {
    const result = interpolate(text.replaceAll("%", "$"), lookup);
    expect(result).toEqual({ ok: false, failure: expect.stringContaining(message) });
    expect(JSON.stringify(result)).not.toMatch(/secret|hidden|edge-7/);
  });
});
