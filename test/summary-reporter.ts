import type { Reporter, TestModule } from "vitest/node";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Sends how many tests passed and failed, across all levels, to the process that started this one. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        if (state !== "pending") counts[state]++;
      }
      // A file that could not even be loaded, or whose hooks failed, has no failed test.
      if (!module.ok() && tests.every((test) => test.result().state !== "failed")) counts.failed++;
    }
    process.send?.(counts satisfies TestCounts);
  }
}

export default SummaryReporter;
