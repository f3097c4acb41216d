/** The code of an error of Node or of the operating system, such as `ECONNREFUSED`; undefined where it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether the other side closed the connection, as happens to a kept one in the moment of its next use. */
export function isReset(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ECONNRESET" || code === "EPIPE";
}
