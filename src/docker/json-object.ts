/** JSON that comes from the daemon and is sent back to it unchanged. */
export interface JsonObject {
  readonly [key: string]: unknown;
}
