import { describe, expect, it } from "vitest";
import { BAD_HOSTS, GOOD_HOSTS } from "../../../test/support/bad-hosts.ts";
import { parseEndpoint } from "../../docker/endpoint.ts";

/** Of the table of specs, those that are about nothing but the host. */
function hostsOf(table: readonly { readonly what: string; readonly spec: object }[]) {
  return table.flatMap(({ what, spec }) =>
    "host" in spec && typeof spec.host === "string" && Object.keys(spec).length === 1
      ? [{ what, host: spec.host }]
      : [],
  );
}

describe("the schema and the parser of endpoints", () => {
  // An empty host cannot be told from none by then, and lengths are the schema's business.
  const bad = hostsOf(BAD_HOSTS).filter(({ host }) => host !== "" && host.length <= 512);

  it.each(bad)("both refuse $what", ({ host }) => {
    for (const verify of [false, true]) expect(parseEndpoint(host, verify)).toMatchObject({ ok: false });
  });

  it.each(hostsOf(GOOD_HOSTS))("both accept $what", ({ host }) => {
    for (const verify of [false, true]) expect(parseEndpoint(host, verify)).toMatchObject({ ok: true });
  });
});
