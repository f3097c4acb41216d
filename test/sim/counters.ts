/** What a simulated server was asked, so that tests and the benchmark can hold clients to a budget. */
export class Counters {
  /** TCP or socket connections accepted. */
  connections = 0;
  /** TLS handshakes completed. */
  handshakes = 0;
  /** SHA-256 fingerprints of the client certificates that were shown, each with how often. */
  readonly clients = new Map<string, number>();
  readonly #requests = new Map<string, number>();

  /** Counts one request, e.g. `GET /containers/{id}/json`. */
  add(route: string): void {
    this.#requests.set(route, this.requests(route) + 1);
  }

  /** How often this route was asked; without one, all requests. */
  requests(route?: string): number {
    if (route !== undefined) return this.#requests.get(route) ?? 0;
    let total = 0;
    for (const count of this.#requests.values()) total += count;
    return total;
  }

  /** Routes and their counts, for a message or a table. */
  byRoute(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#requests);
  }

  reset(): void {
    this.connections = 0;
    this.handshakes = 0;
    this.clients.clear();
    this.#requests.clear();
  }
}
