import { expect, it } from "vitest";
import { pageName } from "./pages.ts";

const name = (path: string) => pageName(new URL(path, "http://localhost"));

it.each([
  ["/?x=1", "/"],
  ["/images?x=1", "/images"],
  ["/?x=1&state=ready&q=edge", "/?q=edge&state=ready"],
  [`/?q=${"a".repeat(300)}`, `/?q=${"a".repeat(200)}`],
])("renders %s only once with %s", (path, same) => {
  expect(name(path)).toBe(name(same));
});

it.each([
  ["/?q=a", "/?q=b"],
  ["/?q=a", "/?state=a"],
  ["/", "/images"],
  ["/hosts/a/b", "/hosts/a/c"],
])("renders %s and %s separately", (path, another) => {
  expect(name(path)).not.toBe(name(another));
});
