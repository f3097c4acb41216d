import type { Wire } from "./address.ts";
import type { WatchtowerSettings } from "./watchtower-flags.ts";

/**
 * Watchtower speaks TLS where it has a certificate path, and nowhere else. It then verifies where DOCKER_TLS_VERIFY is
 * not empty, also by `0`: its flag can set the variable, but not take it away.
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
        "a certificate path without --tlsverify: Watchtower speaks TLS and does not verify the server, and so does the DockerHost: https:// with tls.verify false. Set tls.verify to true.",
      );
      return { verify: false, wire: "unverified" };
    }
    if (!asked) {
      warnings.push(
        "DOCKER_TLS_VERIFY turns verification on where there is a certificate path, as any value that is not empty does, and so tls.verify is true.",
      );
    }
    return { verify: true, wire: "verified" };
  }
  if (!asked) return { verify: false, wire: "plaintext" };
  if (/^\s*(http:|unix:|ssh:|$)/i.test(host)) return { verify: true, wire: "plaintext" };
  warnings.push(
    "--tlsverify without a certificate path: Watchtower speaks plaintext then, against what its documentation says. What was asked for is written: tls.verify true.",
  );
  return { verify: true, wire: "verified" };
}

function isNo(value: string | undefined): boolean {
  return value === undefined || /^(|0|f|false)$/i.test(value);
}
