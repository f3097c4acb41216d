import { failure, type Result, success } from "../common/result.ts";

/** A flag of Watchtower, with its variable and its one-letter form. */
interface Flag {
  readonly name: string;
  readonly env?: string;
  readonly short?: string;
  readonly boolean?: boolean;
  /** Whether the values of a repeated flag form a list. */
  readonly list?: boolean;
  /**
   * Whether leaving the flag out needs no warning: it is imported, matches how dockerhost works, or concerns only
   * Watchtower's own process.
   */
  readonly silent?: boolean;
}

const W = "WATCHTOWER_";

/** The booleans that Go accepts. */
const BOOLEAN = /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/;

/**
 * The variables, including those of Docker, are settings of Watchtower, usually from its container. They follow the rules
 * of Watchtower, such as its spellings of booleans, and not those of Docker's command line.
 */
const FLAGS: readonly Flag[] = [
  { name: "host", env: "DOCKER_HOST", short: "H", silent: true },
  { name: "tlsverify", env: "DOCKER_TLS_VERIFY", short: "v", boolean: true, silent: true },
  { name: "cert-path", env: "DOCKER_CERT_PATH", silent: true },
  { name: "api-version", env: "DOCKER_API_VERSION", short: "a", silent: true },
  { name: "interval", env: `${W}POLL_INTERVAL`, short: "i", silent: true },
  { name: "schedule", env: `${W}SCHEDULE`, short: "s", silent: true },
  { name: "update-on-start", env: `${W}UPDATE_ON_START`, boolean: true, silent: true },
  { name: "run-once", env: `${W}RUN_ONCE`, short: "R", boolean: true },
  { name: "cleanup", env: `${W}CLEANUP`, short: "c", boolean: true },
  { name: "no-pull", env: `${W}NO_PULL`, boolean: true },
  { name: "no-restart", env: `${W}NO_RESTART`, boolean: true },
  { name: "monitor-only", env: `${W}MONITOR_ONLY`, short: "m", boolean: true, silent: true },
  { name: "rolling-restart", env: `${W}ROLLING_RESTART`, boolean: true },
  { name: "stop-timeout", env: `${W}TIMEOUT`, short: "t" },
  { name: "cooldown-delay", env: `${W}COOLDOWN_DELAY`, silent: true },
  { name: "use-compose-depends-on", env: `${W}USE_COMPOSE_DEPENDS_ON`, boolean: true },
  { name: "label-take-precedence", env: `${W}LABEL_TAKE_PRECEDENCE`, boolean: true },
  { name: "ephemeral-self-update", env: `${W}EPHEMERAL_SELF_UPDATE`, boolean: true },
  { name: "include-stopped", env: `${W}INCLUDE_STOPPED`, short: "S", boolean: true, silent: true },
  { name: "include-restarting", env: `${W}INCLUDE_RESTARTING`, boolean: true, silent: true },
  { name: "revive-stopped", env: `${W}REVIVE_STOPPED`, boolean: true },
  { name: "remove-volumes", env: `${W}REMOVE_VOLUMES`, boolean: true },
  { name: "warn-on-head-failure", env: `${W}WARN_ON_HEAD_FAILURE` },
  { name: "disable-memory-swappiness", env: `${W}DISABLE_MEMORY_SWAPPINESS`, boolean: true },
  { name: "cpu-copy-mode", env: `${W}CPU_COPY_MODE` },
  { name: "label-enable", env: `${W}LABEL_ENABLE`, short: "e", boolean: true, silent: true },
  { name: "disable-containers", env: `${W}DISABLE_CONTAINERS`, short: "x", list: true, silent: true },
  { name: "monitor-image-names", env: `${W}MONITOR_IMAGE_NAMES`, list: true, silent: true },
  { name: "skip-image-names", env: `${W}SKIP_IMAGE_NAMES`, list: true, silent: true },
  { name: "enable-containers-by-label", env: `${W}ENABLE_CONTAINERS_BY_LABEL` },
  { name: "disable-containers-by-label", env: `${W}DISABLE_CONTAINERS_BY_LABEL` },
  { name: "scope", env: `${W}SCOPE`, silent: true },
  { name: "enable-lifecycle-hooks", env: `${W}LIFECYCLE_HOOKS`, boolean: true },
  { name: "lifecycle-uid", env: `${W}LIFECYCLE_UID` },
  { name: "lifecycle-gid", env: `${W}LIFECYCLE_GID` },
  { name: "registry-tls-skip", env: `${W}REGISTRY_TLS_SKIP`, boolean: true },
  { name: "registry-tls-min-version", env: `${W}REGISTRY_TLS_MIN_VERSION` },
  { name: "http-api-periodic-polls", env: `${W}HTTP_API_PERIODIC_POLLS`, boolean: true },
  { name: "http-api-update", env: `${W}HTTP_API_UPDATE`, boolean: true },
  { name: "http-api-metrics", env: `${W}HTTP_API_METRICS`, boolean: true },
  { name: "http-api-containers", env: `${W}HTTP_API_CONTAINERS`, boolean: true },
  { name: "notification-report", env: `${W}NOTIFICATION_REPORT`, boolean: true },
  { name: "notification-skip-title", env: `${W}NOTIFICATION_SKIP_TITLE`, boolean: true },
  { name: "notification-log-stdout", env: `${W}NOTIFICATION_LOG_STDOUT`, boolean: true },
  { name: "notification-split-by-container", env: `${W}NOTIFICATION_SPLIT_BY_CONTAINER`, boolean: true },
  { name: "log-format", env: `${W}LOG_FORMAT`, short: "l", silent: true },
  { name: "log-level", env: `${W}LOG_LEVEL`, silent: true },
  { name: "debug", env: `${W}DEBUG`, short: "d", boolean: true, silent: true },
  { name: "trace", env: `${W}TRACE`, boolean: true, silent: true },
  { name: "no-color", env: "NO_COLOR", boolean: true, silent: true },
  { name: "porcelain", env: `${W}PORCELAIN`, short: "P", silent: true },
  { name: "no-startup-message", env: `${W}NO_STARTUP_MESSAGE`, boolean: true, silent: true },
  { name: "health-check", boolean: true, silent: true },
];

/** Families of flags that all take a value, except those above. */
const FAMILIES = /^(notification|notifications|http-api)(-|$)/;

/** The settings of Watchtower. A flag wins over its variable. */
export interface WatchtowerSettings {
  readonly host?: string;
  /** The texts as written; `true` stands for the flag without a value. */
  readonly tlsverify: { readonly flag?: string | undefined; readonly variable?: string | undefined };
  readonly certPath?: string;
  readonly apiVersion?: string;
  /** The value of the variable TZ. */
  readonly timeZone?: string;
  /** Names of containers, or expressions that match them. */
  readonly operands: readonly string[];
  /** Returns the value of a flag as written; undefined if it is not set or empty. */
  readonly value: (flag: string) => string | undefined;
  /** Whether a boolean flag is on. */
  readonly isOn: (flag: string) => boolean;
  /** Says which values were read differently from how they are written. */
  readonly warnings: readonly string[];
  /** The names of settings that have no equivalent. Their values may be passwords, and are left out. */
  readonly leftOut: readonly string[];
}

/** Reads the settings. A failure names the flag that cannot be read. */
export function readWatchtowerSettings(
  args: readonly string[],
  given: Readonly<Record<string, string | undefined>>,
): Result<WatchtowerSettings, string> {
  const flags = readFlags(args);
  if (!flags.ok) return flags;
  const { env, warnings } = withoutQuotes(given);
  const wrong = wrongBoolean(flags.value.values, env);
  if (wrong !== undefined) return failure(wrong);
  const { values, operands } = flags.value;
  const of = (name: string) => nonEmpty(values.get(name) ?? env[FLAGS.find((flag) => flag.name === name)?.env ?? ""]);
  const leftOut = [
    ...[...values].filter(([name, value]) => !isOff(value) && !isSilent(name)).map(([name]) => `--${name}`),
    ...Object.entries(env)
      .filter(([name, value]) => isWatchtowers(name) && !isOff(value ?? ""))
      .map(([name]) => name),
  ];
  const [host, certPath, apiVersion, timeZone] = [of("host"), of("cert-path"), of("api-version"), nonEmpty(env.TZ)];
  return success({
    ...(host === undefined ? {} : { host }),
    tlsverify: { flag: values.get("tlsverify"), variable: nonEmpty(env.DOCKER_TLS_VERIFY) },
    ...(certPath === undefined ? {} : { certPath }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(timeZone === undefined ? {} : { timeZone }),
    operands,
    value: of,
    isOn: (flag) => !isOff(of(flag) ?? ""),
    warnings,
    leftOut,
  });
}

/**
 * Removes quotes around values. In a list of Compose, in docker's `-e` and in raw files, they are part of the value (`-
 * DOCKER_HOST="tcp://..."`), but that is always a mistake.
 */
function withoutQuotes(given: Readonly<Record<string, string | undefined>>) {
  const quoted = Object.entries(given).filter(
    ([name, value]) => isRead(name) && /^(["'])[\s\S]*\1$/.test(value ?? "") && value !== '"' && value !== "'",
  );
  const env = { ...given, ...Object.fromEntries(quoted.map(([name, value]) => [name, value?.slice(1, -1)])) };
  // Watchtower itself removes the quotes around the version, which its documentation shows.
  const names = quoted.map(([name]) => name).filter((name) => name !== "DOCKER_API_VERSION");
  const warnings =
    names.length === 0
      ? []
      : [
          `the quotes around ${names.join(", ")} are part of the value and were removed. Put quotes around the whole assignment, or use none.`,
        ];
  return { env, warnings };
}

function isRead(variable: string): boolean {
  return (
    variable === "TZ" ||
    variable === "DOCKER_CONFIG" ||
    FLAGS.some(({ env }) => env === variable) ||
    isWatchtowers(variable)
  );
}

/** Watchtower does not start with an invalid boolean, so its meaning is unknown. */
function wrongBoolean(
  values: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  for (const { name, env: variable, boolean, silent } of FLAGS) {
    // Any value of the variable of Docker's client turns verification on.
    if (boolean !== true || silent !== true || name === "tlsverify" || name === "no-color") continue;
    const flag = values.get(name);
    const value = flag ?? (variable === undefined ? undefined : env[variable]);
    if (value === undefined || (value === "" && flag === undefined) || BOOLEAN.test(value)) continue;
    return `${flag === undefined ? variable : `--${name}`} must be true or false (also 1, 0, t, f); Watchtower does not start with anything else`;
  }
  return undefined;
}

/**
 * Parses flags like Go's pflag: --name value, --name=value, -abc, -n value, -nvalue. Booleans do not take the next
 * word.
 */
function readFlags(args: readonly string[]) {
  const values = new Map<string, string>();
  const operands: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      operands.push(...rest);
      break;
    }
    const long = /^--(?<name>[^=]+)(?:=(?<value>[\s\S]*))?$/.exec(word)?.groups;
    if (long?.name !== undefined) {
      const flag = find((each) => each.name === long.name, long.name);
      if (flag === undefined) return failure(`--${printable(long.name)} is not a known flag of Watchtower`);
      const value = long.value ?? (flag.boolean === true ? "true" : rest.shift());
      if (value === undefined) return failure(`--${flag.name} has no value`);
      values.set(flag.name, joined(flag, values, value));
    } else if (/^-./.test(word)) {
      for (let letters = word.slice(1); letters !== ""; ) {
        const flag = FLAGS.find(({ short }) => short === letters.charAt(0));
        if (flag === undefined) return failure(`-${printable(letters.charAt(0))} is not a known flag of Watchtower`);
        const after = letters.slice(1);
        if (flag.boolean === true && !after.startsWith("=")) {
          values.set(flag.name, "true");
          letters = after;
          continue;
        }
        const value = after === "" ? rest.shift() : after.replace(/^=/, "");
        if (value === undefined) return failure(`-${letters} has no value`);
        values.set(flag.name, joined(flag, values, value));
        break;
      }
    } else {
      operands.push(word);
    }
  }
  return success({ values, operands });
}

function joined({ name, list }: Flag, values: ReadonlyMap<string, string>, value: string): string {
  const before = list === true ? values.get(name) : undefined;
  return before === undefined ? value : `${before},${value}`;
}

function find(matches: (flag: Flag) => boolean, name: string): Flag | undefined {
  return FLAGS.find(matches) ?? (FAMILIES.test(name) ? { name } : undefined);
}

function isSilent(name: string): boolean {
  return FLAGS.some((flag) => flag.name === name && flag.silent === true);
}

function isWatchtowers(variable: string): boolean {
  if (FLAGS.some((flag) => flag.env === variable && flag.silent === true)) return false;
  return variable.startsWith(W) || variable === "REPO_USER" || variable === "REPO_PASS";
}

function isOff(value: string): boolean {
  return /^(|false|0|f)$/i.test(value);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function printable(text: string): string {
  return text.replace(/[^-a-zA-Z0-9_.]/g, "?").slice(0, 64);
}
