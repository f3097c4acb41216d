import type { KubeUser } from "./kubeconfig.ts";

/** The characters of a header's name (RFC 9110), without the one that starts an escape. */
const LEGAL = /^[A-Za-z0-9!#$&'*+.^_`|~-]$/;

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** The headers by which a user acts as another one, with names in lower case. */
export function impersonationHeaders(user: KubeUser): Headers {
  const { impersonateUser, impersonateUid, impersonateGroups = [], impersonateExtra = {} } = user;
  if (impersonateUser === undefined) return {};
  return {
    "impersonate-user": impersonateUser,
    ...(impersonateUid !== undefined && { "impersonate-uid": impersonateUid }),
    ...(impersonateGroups.length > 0 && { "impersonate-group": impersonateGroups }),
    ...Object.fromEntries(
      Object.entries(impersonateExtra).map(([name, values]) => [`impersonate-extra-${escaped(name)}`, values]),
    ),
  };
}

/** Escapes a key such as `example.com/scopes` like client-go. */
function escaped(name: string): string {
  const bytes = [...Buffer.from(name.toLowerCase())];
  return bytes
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return LEGAL.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
