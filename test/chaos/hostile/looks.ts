const SAMPLE_MS = 100;

/** When something was observed, by a count that grows with each observation. */
export class Looks {
  readonly #counted: () => number;
  #times: number[] = [];
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(counted: () => number) {
    this.#counted = counted;
  }

  /** From now on; what was before is forgotten. */
  begin(): void {
    this.end();
    this.#times = [performance.now()];
    this.#last = this.#counted();
    this.#timer = setInterval(() => {
      const counted = this.#counted();
      if (counted > this.#last) this.#times.push(performance.now());
      this.#last = counted;
    }, SAMPLE_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  get count(): number {
    return this.#times.length - 1;
  }

  /** Between two looks, and from the last one until now. */
  get gapsMs(): readonly number[] {
    return [...this.#times.slice(1), performance.now()].map((time, index) => time - (this.#times[index] ?? time));
  }

  /** How many windows of this length passed without a look. */
  missed(windowMs: number): number {
    return this.gapsMs.reduce((sum, gap) => sum + Math.floor(gap / windowMs), 0);
  }
}
