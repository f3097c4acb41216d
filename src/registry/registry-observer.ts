import type { Remaining } from "./rate-limit-header.ts";

/** One request for a manifest, and its result. */
export interface RegistryRequestEnd {
  /** The registry's host, with its port unless it is the default of the scheme. */
  readonly registry: string;
  /** The namespace for which the request was made. */
  readonly owner: string;
  /** The HTTP status; undefined if there was no answer. */
  readonly code: number | undefined;
  /** Equal for requests with the same account; it reveals nothing of the credentials. */
  readonly account: string;
  /** How many requests the account may still make, if the registry reports it. */
  readonly remaining: Remaining | undefined;
}

/** Called synchronously for each request to a registry; it must neither throw nor wait. */
export interface RegistryObserver {
  requestEnded(end: RegistryRequestEnd): void;
}
