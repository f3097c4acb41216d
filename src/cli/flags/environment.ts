const PREFIX = "DOCKERHOST_";

/**
 * Finds variables that look like settings of the program but are not, so that a misspelled setting is not ignored
 * silently. Kubernetes sets variables for every Service of a namespace; those of a Service called dockerhost-something
 * look like settings, and are left out.
 */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  settings: ReadonlySet<string>,
): readonly string[] {
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith(PREFIX) && !settings.has(name) && !isServiceLink(name, value ?? ""))
    .map(([name]) => name)
    .sort();
}

/** https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables */
function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name) ||
    /_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (/_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
  );
}
