/**
 * `@peculiar/x509` resolves its algorithms through tsyringe, which refuses to load without the Reflect metadata API.
 * None of the classes involved takes constructor parameters, so "there is no metadata" is a complete answer.
 * Import this before the library.
 */
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => undefined,
});
