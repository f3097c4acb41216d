import { describe, expect, it } from "vitest";
import { kstatus } from "../../test/support/kstatus.ts";
import { UPDATE_SITUATIONS } from "../../test/support/update-situations.ts";
import { ContainerUpdateStatusSchema } from "../api/container-update-status.ts";

describe("the table of phase reports", () => {
  it.each(UPDATE_SITUATIONS)("gives kstatus the right result: $name", ({ update, kstatus: expected }) => {
    expect(kstatus(update)).toBe(expected);
    expect(ContainerUpdateStatusSchema.safeParse(update.status).success).toBe(true);
  });
});
