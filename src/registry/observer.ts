import type { Remaining } from "./rate-limit-header.ts";

/** One request for a manifest, and what came of it. */
export interface RegistryRequestEnd {
  /** The registry's host, with its port where that is not the scheme's own. */
  readonly registry: string;
  /** The namespace for which it was asked. */
  readonly owner: string;
  /** The HTTP status; undefined where there was no answer. */
  readonly code: number | undefined;
  /** Equal for requests by the same account; says nothing of its credentials. */
  readonly account: string;
  /** What the account may still ask for, where the registry tells. */
  readonly remaining: Remaining | undefined;
}

/** Told of each request to a registry, synchronously: it must neither throw nor wait. */
export interface RegistryObserver {
  requestEnded(end: RegistryRequestEnd): void;
}
