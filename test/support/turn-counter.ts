/** Counts what happens in each turn of the event loop. */
export class TurnCounter {
  total = 0;
  /** The largest number in one turn. */
  most = 0;
  #inTurn = 0;

  count(): void {
    if (this.#inTurn++ === 0) {
      setImmediate(() => {
        this.#inTurn = 0;
      });
    }
    this.total++;
    this.most = Math.max(this.most, this.#inTurn);
  }
}
