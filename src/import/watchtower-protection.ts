import type { Wire } from "./host-address.ts";
import type { WatchtowerSettings } from "./watchtower-flags.ts";

/**
 * Decides how Watchtower connects. It uses TLS only if it has a certificate path. It then verifies the server if
 * DOCKER_TLS_VERIFY is not empty, even if it is `0`: the flag can set the variable, but not unset it.
 */
export function protectionOf(
  settings: WatchtowerSettings,
  warnings: string[],
): { readonly verify: boolean; readonly wire: Wire } {
  const { host = "", tlsverify, certPath } = settings;
  const asked = !isNo(tlsverify.flag ?? tlsverify.variable);
  if (certPath !== undefined) {
    if (!asked && tlsverify.variable === undefined) {
      warnings.push(
        "there is a certificate path but no --tlsverify: Watchtower uses TLS without verifying the server, and so does the DockerHost (https:// with tls.verify false). Set tls.verify to true.",
      );
      return { verify: false, wire: "unverified" };
    }
    if (!asked) {
      warnings.push(
        "tls.verify is true, because any value of DOCKER_TLS_VERIFY that is not empty turns verification on if there is a certificate path.",
      );
    }
    return { verify: true, wire: "verified" };
  }
  if (!asked) return { verify: false, wire: "plaintext" };
  if (/^\s*(http:|unix:|ssh:|$)/i.test(host)) return { verify: true, wire: "plaintext" };
  warnings.push(
    "there is --tlsverify but no certificate path: contrary to its documentation, Watchtower then uses plaintext. tls.verify true is written, as requested.",
  );
  return { verify: true, wire: "verified" };
}

function isNo(value: string | undefined): boolean {
  return value === undefined || /^(|0|f|false)$/i.test(value);
}
