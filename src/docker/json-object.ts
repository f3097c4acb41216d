/** JSON that the daemon gave, and that is given back to it as it was. */
export interface JsonObject {
  readonly [key: string]: unknown;
}
