import { describe, expect, it } from "vitest";
import { apiPage } from "./api-page.ts";
import { commandsPage } from "./commands-page.ts";

describe("docs/commands.md", () => {
  const page = commandsPage();

  it("has each command of both programs, with subcommands", () => {
    expect(page.match(/^### .*/gm)).toEqual(
      expect.arrayContaining([
        "### dockerhost check",
        "### dockerhost manifest from-watchtower",
        "### kubectl dockerhost updates",
      ]),
    );
  });

  it("shows choices, defaults, examples and exit codes", () => {
    expect(page).toContain("| `--for <goal>` | state to wait for (one of ready, checked, up-to-date; default ready) |");
    expect(page).toContain("| `--timeout <duration>` | how long to wait, such as 90s or 10m (default 6m) |");
    expect(page).toContain("$ dockerhost check -f fleet/ -o wide");
    expect(page.match(/^Exit codes: 0 success/gm)?.length).toBeGreaterThanOrEqual(3);
  });

  it("is the same whatever the terminal is", () => {
    expect(commandsPage()).toBe(page);
  });
});

describe("docs/api.md", () => {
  const page = apiPage();

  it("has nested fields with their types, choices and rules", () => {
    expect(page).toContain("| `spec.tls.certSecretRef.name` | string | Required. Name of the Secret");
    expect(page).toMatch(/\| `spec\.ssh\.hostKeyChecking` \| string \| .*One of `Strict`, `Disabled`\. \|/);
    expect(page).toMatch(/\| `status\.updates\.items` \| list of objects \|/);
    expect(page).toMatch(/\| `status\.updates\.items\[\]\.newerTag\.tag` \| string \|/);
    expect(page).toMatch(/\| `status\.certificates\.nextExpiry` \| time \|/);
  });
});
