/** One DockerHost that must be refused. */
export interface BadHost {
  /** What is wrong, for the name of a test. */
  readonly what: string;
  readonly spec: object;
  /** A part of the message that both judges give: the API server, and the parse at run time. */
  readonly message: string;
}

const name = (length: number) => "a".repeat(length);
const SCHEMES = "must start with 'unix://', 'tcp://', 'http://', 'https://' or 'ssh://'";
const NO_USER = "must not contain a user or password";
const NO_QUERY = "must not contain a query, a fragment or white space";
const ADDRESS = "must be an absolute path after 'unix://', or a host name";
const SSH_USER = "must name a user without a password after 'ssh://'";
const SSH_PAIR = "`ssh` must be given with a host that starts with 'ssh://'";
const SSH = { secretRef: { name: "edge-7-ssh" } };
const OBJECT_NAME = "must be the name of an object in the same namespace";
const REGISTRY_HOST = "must be a registry host as in image names";

/**
 * Specs that do not fit, each with the intended message. The API server judges by the CustomResourceDefinition and CEL,
 * the runtime by zod: tests hold both to this one table, since neither is derived from the other's rules.
 */
export const BAD_HOSTS: readonly BadHost[] = [
  { what: "a host without a scheme", spec: { host: "edge-7.example.com:2376" }, message: SCHEMES },
  { what: "an empty host", spec: { host: "" }, message: SCHEMES },
  { what: "a scheme of Windows", spec: { host: "npipe:////./pipe/docker_engine" }, message: SCHEMES },
  { what: "the scheme of a systemd socket", spec: { host: "fd://" }, message: SCHEMES },
  { what: "a host with a password", spec: { host: "tcp://user:secret@edge-7:2376" }, message: NO_USER },
  { what: "a host with a user", spec: { host: "https://user@edge-7" }, message: NO_USER },
  { what: "a host with a query", spec: { host: "https://edge-7:2376?x=1" }, message: NO_QUERY },
  { what: "a host with a fragment", spec: { host: "https://edge-7:2376#x" }, message: NO_QUERY },
  { what: "a host with a blank", spec: { host: "tcp://edge 7:2376" }, message: NO_QUERY },
  { what: "a relative path of a socket", spec: { host: "unix://docker.sock" }, message: ADDRESS },
  { what: "a scheme with nothing after it", spec: { host: "tcp://" }, message: ADDRESS },
  { what: "a port that is no number", spec: { host: "tcp://edge-7:docker" }, message: ADDRESS },
  { what: "an IPv6 address without brackets", spec: { host: "tcp://fe80::1:2376" }, message: ADDRESS },
  { what: "a host name that begins with a hyphen", spec: { host: "tcp://-edge:2376" }, message: ADDRESS },
  { what: "SSH without a user", spec: { host: "ssh://edge-7", ssh: SSH }, message: SSH_USER },
  { what: "SSH with a password", spec: { host: "ssh://docker:secret@edge-7", ssh: SSH }, message: SSH_USER },
  {
    what: "SSH with a user that begins with a hyphen",
    spec: { host: "ssh://-joe@edge-7", ssh: SSH },
    message: SSH_USER,
  },
  { what: "SSH with a stray % in the user", spec: { host: "ssh://joe%4@edge-7", ssh: SSH }, message: SSH_USER },
  { what: "SSH to a port that is no number", spec: { host: "ssh://docker@edge-7:ssh", ssh: SSH }, message: ADDRESS },
  { what: "an SSH host without `ssh`", spec: { host: "ssh://docker@edge-7" }, message: SSH_PAIR },
  { what: "`ssh` with a host that is none of SSH", spec: { host: "tcp://edge-7:2376", ssh: SSH }, message: SSH_PAIR },
  { what: "`ssh` without a host", spec: { ssh: SSH }, message: SSH_PAIR },
  { what: "`ssh` without a Secret", spec: { host: "ssh://docker@edge-7", ssh: {} }, message: "secretRef" },
  {
    what: "an unknown check of host keys",
    spec: { host: "ssh://docker@edge-7", ssh: { ...SSH, hostKeyChecking: "Lax" } },
    message: "Strict",
  },
  {
    what: "an API version without a minor part",
    spec: { apiVersion: "1" },
    message: "must be a version of the Docker API",
  },
  {
    what: "an API version with a prefix",
    spec: { apiVersion: "v1.45" },
    message: "must be a version of the Docker API",
  },
  { what: "a Secret's name in capitals", spec: { tls: { certSecretRef: { name: "Edge-TLS" } } }, message: OBJECT_NAME },
  {
    what: "a Secret in another namespace",
    spec: { tls: { certSecretRef: { name: "other/tls" } } },
    message: OBJECT_NAME,
  },
  {
    what: "a Secret's key with a slash",
    spec: { tls: { certSecretRef: { name: "tls", keys: { ca: "certs/ca.pem" } } } },
    message: "must be a key of the Secret's data",
  },
  {
    what: "the name of a certificate without that of its key",
    spec: { tls: { certSecretRef: { name: "tls", keys: { cert: "certificate" } } } },
    message: "`cert` and `key` must be given together",
  },
  {
    what: "the system's roots together with a CA",
    spec: { tls: { systemRoots: true, caSecretRef: { name: "fleet-ca" } } },
    message: "`systemRoots` and `caSecretRef` must not be set together",
  },
  {
    what: "a server name with a port",
    spec: { tls: { serverName: "edge-7.internal:2376" } },
    message: "must be a host name or an IP address, without a port",
  },
  {
    what: "a server name with a wildcard",
    spec: { tls: { serverName: "*.example.com" } },
    message: "must be a host name or an IP address, without a port",
  },
  { what: "a timeout without a unit", spec: { timeout: "30" }, message: "must be a duration from '1s' to '10m'" },
  { what: "a timeout of nothing", spec: { timeout: "0s" }, message: "must be a duration from '1s' to '10m'" },
  {
    what: "a timeout that is too long",
    spec: { timeout: "11m", interval: "1h" },
    message: "must be a duration from '1s' to '10m'",
  },
  {
    what: "an interval that is too short",
    spec: { interval: "5s", timeout: "1s" },
    message: "must be a duration from '10s' to '24h'",
  },
  { what: "an interval in days", spec: { interval: "1d" }, message: "must be a duration from '10s' to '24h'" },
  { what: "a negative interval", spec: { interval: "-5m" }, message: "must be a duration from '10s' to '24h'" },
  {
    what: "a timeout longer than the interval",
    spec: { timeout: "1m", interval: "30s" },
    message: "`timeout` must not be longer than `interval`",
  },
  {
    what: "an interval of checks that is too short",
    spec: { updateCheck: { interval: "30s", timeout: "10s" } },
    message: "must be a duration from '1m' to '8760h'",
  },
  {
    what: "a check's timeout longer than its interval",
    spec: { updateCheck: { interval: "2m", timeout: "3m" } },
    message: "`timeout` must not be longer than `interval`",
  },
  {
    what: "a check's default timeout longer than its interval",
    spec: { updateCheck: { interval: "1m" } },
    message: "`timeout` must not be longer than `interval`",
  },
  {
    what: "a schedule beside an interval",
    spec: { updateCheck: { interval: "24h", schedule: "0 4 * * *" } },
    message: "`interval` and `schedule` must not be set together",
  },
  {
    what: "a time zone without a schedule",
    spec: { updateCheck: { timeZone: "Europe/Berlin" } },
    message: "`timeZone` has no effect without `schedule`",
  },
  {
    what: "a schedule with seconds",
    spec: { updateCheck: { schedule: "0 0 4 * * *" } },
    message: "must be a cron expression of five fields",
  },
  {
    what: "a time zone with a blank",
    spec: { updateCheck: { schedule: "0 4 * * *", timeZone: "Central European Time" } },
    message: "must be the name of a time zone",
  },
  {
    what: "a minimum age without a unit",
    spec: { updateCheck: { minimumAge: "3" } },
    message: "must be a duration from '0s' to '8760h'",
  },
  {
    what: "a rule for tags that says nothing",
    spec: { updateCheck: { tags: [{ images: ["nginx"] }] } },
    message: "must have exactly one of `semver` and `regex`",
  },
  {
    what: "a rule for tags that says two things",
    spec: { updateCheck: { tags: [{ images: ["nginx"], semver: "^1", regex: ".*", sort: "SemVer" }] } },
    message: "must have exactly one of `semver` and `regex`",
  },
  {
    what: "an expression for tags without an order",
    spec: { updateCheck: { tags: [{ images: ["nginx"], regex: ".*" }] } },
    message: "`sort` must be given with `regex`",
  },
  {
    what: "an order for a range of versions",
    spec: { updateCheck: { tags: [{ images: ["nginx"], semver: "^1", sort: "SemVer" }] } },
    message: "`sort` must be given with `regex`",
  },
  {
    what: "an unknown order of tags",
    spec: { updateCheck: { tags: [{ images: ["nginx"], regex: ".*", sort: "Newest" }] } },
    message: "Alphabetical",
  },
  {
    what: "a rule for the tags of no image",
    spec: { updateCheck: { tags: [{ images: [], semver: "^1" }] } },
    message: "images",
  },
  {
    what: "an unknown one to ask registries",
    spec: { updateCheck: { resolveFrom: "Mirror" } },
    message: "Operator",
  },
  {
    what: "newer tags that a daemon would have to list",
    spec: { updateCheck: { resolveFrom: "Host", tags: [{ images: ["nginx"], semver: "^1" }] } },
    message: "`tags` has no effect with `resolveFrom: Host`",
  },
  {
    what: "an unknown policy for containers",
    spec: { updateCheck: { containers: { policy: "Some" } } },
    message: "Labeled",
  },
  {
    what: "an empty pattern",
    spec: { updateCheck: { containers: { includeNames: [""] } } },
    message: "includeNames[0]",
  },
  {
    what: "too many patterns",
    spec: { updateCheck: { containers: { excludeImages: Array.from({ length: 33 }, () => "nginx") } } },
    message: "32",
  },
  {
    what: "a pattern that is too long",
    spec: { updateCheck: { containers: { excludeNames: [name(257)] } } },
    message: "256",
  },
  {
    what: "a registry with a scheme",
    spec: { updateCheck: { registries: [{ host: "https://registry.example.com" }] } },
    message: REGISTRY_HOST,
  },
  {
    what: "a registry with a path",
    spec: { updateCheck: { registries: [{ host: "registry.example.com/team" }] } },
    message: REGISTRY_HOST,
  },
  {
    what: "certificates for a registry in plain http",
    spec: {
      updateCheck: { registries: [{ host: "registry:5000", insecure: true, certSecretRef: { name: "certs" } }] },
    },
    message: "`certSecretRef` has no effect with `insecure: true`",
  },
  {
    what: "a pull Secret whose name is too long",
    spec: { updateCheck: { imagePullSecrets: [{ name: name(254) }] } },
    message: "253",
  },
  { what: "a host that is too long", spec: { host: `tcp://${name(512)}` }, message: "512" },
  {
    what: "too many pull Secrets",
    spec: { updateCheck: { imagePullSecrets: Array.from({ length: 17 }, (_, index) => ({ name: `pull-${index}` })) } },
    message: "16",
  },
  {
    what: "a registry that is listed twice",
    spec: { updateCheck: { registries: [{ host: "registry:5000" }, { host: "registry:5000", insecure: true }] } },
    message: "Duplicate value",
  },
  { what: "a text where a boolean belongs", spec: { tls: { verify: "yes" } }, message: "boolean" },
  { what: "a number where a text belongs", spec: { apiVersion: 1.45 }, message: "string" },
  { what: "a reference without a name", spec: { tls: { certSecretRef: {} } }, message: "name" },
];

/** Specs at the edges of what fits. */
export const GOOD_HOSTS: readonly { readonly what: string; readonly spec: object }[] = [
  { what: "nothing but defaults", spec: {} },
  { what: "the shortest socket", spec: { host: "unix://" } },
  { what: "capitals in the scheme", spec: { host: "TCP://edge-7.example.com:2376" } },
  { what: "an IPv6 address in brackets", spec: { host: "https://[2001:db8::7]:2376" } },
  { what: "a prefix of the path", spec: { host: "https://proxy.example.com/hosts/edge-7/" } },
  { what: "a host name that ends in a dot", spec: { host: "tcp://edge-7.example.com." } },
  { what: "an underscore in a host name", spec: { host: "tcp://docker_in_docker:2375" } },
  {
    what: "SSH, with a port, a socket and no check of the host's key",
    spec: { host: "SSH://docker@edge-7:2222/run/docker.sock", ssh: { ...SSH, hostKeyChecking: "Disabled" } },
  },
  { what: "SSH to an IPv6 address", spec: { host: "ssh://docker@[2001:db8::7]", ssh: SSH } },
  { what: "SSH with an address of mail as user", spec: { host: "ssh://joe@corp.example@edge-7", ssh: SSH } },
  { what: "SSH with an encoded @ in the user", spec: { host: "ssh://joe%40corp.example@edge-7", ssh: SSH } },
  { what: "SSH with a user of a Windows domain", spec: { host: "ssh://CORP\\joe@edge-7", ssh: SSH } },
  { what: "SSH with an encoded backslash in the user", spec: { host: "ssh://CORP%5Cjoe@edge-7:22", ssh: SSH } },
  { what: "SSH with a plus sign in the user", spec: { host: "ssh://joe+fleet@edge-7", ssh: SSH } },
  { what: "durations of several units", spec: { timeout: "1m30s", interval: "1h30m" } },
  { what: "a fraction of a unit", spec: { timeout: "1.5s", interval: "0.5h" } },
  { what: "a timeout as long as the interval", spec: { timeout: "60s", interval: "1m" } },
  { what: "an address as server name", spec: { tls: { serverName: "2001:db8::7" } } },
  {
    what: "everything",
    spec: {
      host: "tcp://edge-7.example.com:2376",
      apiVersion: "1.45",
      tls: {
        verify: true,
        certSecretRef: { name: "edge-7-tls", keys: { ca: "issuing_ca", cert: "certificate", key: "private_key" } },
        caSecretRef: { name: "fleet-ca", key: "ca.crt" },
        systemRoots: false,
        serverName: "edge-7.internal",
      },
      timeout: "30s",
      interval: "5m",
      suspend: true,
      updateCheck: {
        interval: "24h",
        timeout: "5m",
        suspend: false,
        resolveFrom: "Auto",
        minimumAge: "72h",
        containers: {
          policy: "Labeled",
          includeNames: ["web-.*"],
          excludeNames: ["web-test"],
          includeImages: ["registry.example.com:5000/team/.*"],
          excludeImages: ["redis"],
          includeStopped: true,
          includeRestarting: true,
          scope: "blue",
        },
        tags: [
          { images: ["nginx", "registry.example.com:5000/team/.*"], semver: "^1.2" },
          { images: [".*"], regex: "build-([0-9]+)", sort: "Numerical" },
        ],
        registries: [
          { host: "registry.example.com:5000", certSecretRef: { name: "registry-certs" } },
          { host: "[2001:db8::5]:5000", insecure: true },
        ],
        imagePullSecrets: [{ name: "regcred" }],
      },
    },
  },
  {
    what: "a schedule",
    spec: { updateCheck: { schedule: "30 4 * * MON-FRI", timeZone: "America/Argentina/Buenos_Aires" } },
  },
  { what: "a schedule by name", spec: { updateCheck: { schedule: "@daily" } } },
];
