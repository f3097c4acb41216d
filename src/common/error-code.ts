/**
 * Returns the code of an error of Node or of the operating system, such as `ECONNREFUSED`; undefined if it has none.
 */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
