/** The API group of all kinds of this product, and the one version that it serves. */
export const GROUP = "dockerhost.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;
