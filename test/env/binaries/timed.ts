/** Takes one line that informs a person about the progress. */
export type Log = (line: string) => void;

/** Says what begins, and how long it took. */
export async function timed<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  log(`${what} ...`);
  const result = await work();
  log(`${what}: done in ${seconds(performance.now() - started)}`);
  return result;
}

const PROGRESS_INTERVAL_MS = 15_000;

/** Says how far it is every quarter of a minute, for steps that take minutes, until disposed of. */
export function reportProgress(log: Log, state: () => string): Disposable {
  const started = performance.now();
  const timer = setInterval(
    () => log(`  ${state()}, ${seconds(performance.now() - started)} so far`),
    PROGRESS_INTERVAL_MS,
  );
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
