import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

// Tests start the program hundreds of times, and most of that time is spent on compiling it.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/node-compile", import.meta.url));

/** Tests on the real servers, which are started once for each such project. */
function onServers(name: string, include: string[], exclude: string[] = []): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include,
      exclude,
      globalSetup: ["test/integration/global-setup.ts"],
      // The files share the servers, and some of them stop one: a file at a time.
      fileParallelism: false,
      sequence: { groupOrder: 1 },
      // Generous, because these only end what hangs.
      testTimeout: 300_000,
      hookTimeout: 300_000,
    },
  };
}

export default defineConfig({
  test: {
    // After this time vitest exits, even while the checks of the whole run are in progress.
    teardownTimeout: 300_000,
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
          // Vitest would leave one of two cores to itself.
          maxWorkers: 2,
          // Loading the modules again for each file takes as long as the tests themselves.
          isolate: false,
          // Generous, because these only end what hangs.
          testTimeout: 90_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
      onServers(
        "integration",
        ["test/integration/**/*.test.ts"],
        ["test/integration/{replacement,chart,kubeconfig}/**"],
      ),
      onServers("chart-and-clients", ["test/integration/{chart,kubeconfig}/*.test.ts", "test/conformance/*.test.ts"]),
      // Together, because servers take a part of the processor even while nothing asks them for anything.
      onServers("others", ["test/integration/replacement/*.test.ts", "test/{docs,chaos}/*.test.ts"]),
    ],
  },
});
