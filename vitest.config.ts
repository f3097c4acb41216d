import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Beyond it vitest ends with what it has, be it in the midst of the checks of the whole run.
    teardownTimeout: 120_000,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "demo/**/*.test.ts",
            "test/{env,sim,support}/**/*.test.ts",
            "test/docs/{pages,runner}/**/*.test.ts",
            "test/chaos/fakes/**/*.test.ts",
            "bench/**/*.test.ts",
          ],
          sequence: { groupOrder: 0 },
          // Generous, since it only ends what hangs.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/{integration,conformance}/**/*.test.ts", "test/{chaos,docs}/*.test.ts"],
          globalSetup: ["test/integration/global-setup.ts"],
          // They share the servers, and some of them stop one: a file at a time.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          // Generous, since they only end what hangs.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
