/** The result of an operation whose failure is normal, and therefore a value and not an exception. */
export type Result<T, F> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: F };

export function success<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function failure<F>(failed: F): { readonly ok: false; readonly failure: F } {
  return { ok: false, failure: failed };
}
