import type { Reporter, TestModule } from "vitest/node";

/** Names the variable that tells how many test files were left out of the run: each counts as one skipped. */
export const SKIPPED_FILES = "DOCKERHOST_SKIPPED_TEST_FILES";

/** Ends a run with one line that says how it went across all levels: `N passed, N failed`. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: Number(process.env[SKIPPED_FILES] ?? 0) };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        if (state !== "pending") counts[state]++;
      }
      // A file that could not even be loaded, or whose hooks failed, has no failed test.
      if (!module.ok() && tests.every((test) => test.result().state !== "failed")) counts.failed++;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    // Behind everything that other reporters still have to say, and what is checked of the run as a whole.
    process.once("exit", (code) => {
      if (code !== 0) counts.failed ||= 1;
      console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
    });
  }
}

export default SummaryReporter;
