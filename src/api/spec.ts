import * as z from "zod";
import {
  duration,
  notLonger,
  objectName,
  secretKey,
  TIMEOUT_WITHIN_INTERVAL,
  text,
  withValidations,
} from "./schema.ts";
import { updateCheck } from "./update-check.ts";

const HOST_SCHEMES = "^(?i:unix|tcp|http|https|ssh)://";

/**
 * spec.host as the API server validates it. The endpoint parser in docker/endpoint.ts validates the same again, also
 * for manifests that never saw an API server; a test holds both to one table.
 */
const host = withValidations(
  z
    .string()
    .max(512)
    .default("unix:///var/run/docker.sock")
    .describe(
      "Address of the Docker daemon: unix:///PATH, tcp://HOST[:PORT], http://HOST[:PORT], https://HOST[:PORT] or " +
        "ssh://USER@HOST[:PORT][/PATH.sock]; an IPv6 address is written in brackets. A path after the port is the prefix of every " +
        "request (with ssh://, the daemon's socket). With tls.verify true, tcp:// becomes https://. " +
        "The default port is 2376 with TLS, 2375 without, and 22 with ssh://.",
    ),
  {
    cel: `self.matches('${HOST_SCHEMES}')`,
    message: "must start with 'unix://', 'tcp://', 'http://', 'https://' or 'ssh://'",
    check: (value) => /^(unix|tcp|http|https|ssh):\/\//i.test(value),
  },
  {
    cel: "self.matches('^(?i:ssh)://') || !self.contains('@')",
    message: "must not contain a user or password; the certificate in `tls.certSecretRef` identifies the client",
    check: (value) => /^ssh:\/\//i.test(value) || !value.includes("@"),
  },
  {
    cel: String.raw`!self.matches('^(?i:ssh)://') || self.matches('^(?i:ssh)://([a-zA-Z0-9_~!$&-,.;=@\\x5c]|%[0-9a-fA-F]{2})([a-zA-Z0-9_~!$&-.;=@\\x5c]|%[0-9a-fA-F]{2})*@[^@/]*(/.*)?$')`,
    message:
      "must name a user without a password after 'ssh://', such as 'ssh://docker@edge-7'; special characters in it are percent-encoded, such as '%5C'",
    check: (value) =>
      !/^ssh:\/\//i.test(value) || /^ssh:\/\/(?!-)(?:[a-z0-9_~!$&-.;=@\\]|%[0-9a-f]{2})+@[^@/]*(?:\/.*)?$/i.test(value),
  },
  {
    cel: String.raw`!self.matches('[?#]|\\s')`,
    message:
      "must not contain a query, a fragment or white space; remove everything after '?' or '#', and the character itself",
    check: (value) => !/[?#]|\s/.test(value),
  },
  {
    cel: String.raw`!self.matches('${HOST_SCHEMES}') || self.matches('^(?i:unix)://(/.*)?$') || self.matches('^(?i:tcp|http|https|ssh)://([^/]*@)?([[][0-9a-fA-F:.]+[]]|[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?[.]?)(:[0-9]{1,5})?(/.*)?$') || (self.contains('@') && !self.matches('^(?i:ssh)://')) || self.matches('[?#]|\\s')`,
    message:
      "must be an absolute path after 'unix://', or a host name, an IPv4 address or an IPv6 address in brackets with an optional ':PORT' after another scheme",
    check: (value) =>
      !/^(unix|tcp|http|https|ssh):\/\//i.test(value) ||
      /^unix:\/\/(\/.*)?$/i.test(value) ||
      /^(tcp|http|https|ssh):\/\/([^/]*@)?(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?)(:[0-9]{1,5})?(\/.*)?$/i.test(
        value,
      ) ||
      (value.includes("@") && !/^ssh:\/\//i.test(value)) ||
      /[?#]|\s/.test(value),
  },
);

const certSecretRef = z
  .object({
    name: objectName("Name of the Secret, in the namespace of the DockerHost."),
    keys: withValidations(
      z.object({
        ca: secretKey("Key of the CA certificates (PEM) that verify the server.").optional(),
        cert: secretKey("Key of the client certificate (PEM).").optional(),
        key: secretKey("Key of the client's private key (PEM).").optional(),
      }),
      {
        cel: "has(self.cert) == has(self.key)",
        message: "`cert` and `key` must be given together",
        check: (keys) => (keys.cert === undefined) === (keys.key === undefined),
      },
    )
      .optional()
      .describe("Other names for the Secret's keys. A key that is not named here is found by its usual names."),
  })
  .optional()
  .describe(
    "Secret with the CA, client certificate and key. They are found by the names of their keys, and the first complete pair is used: tls.crt, tls.key and ca.crt (Kubernetes, cert-manager); cert.pem, key.pem and ca.pem (Docker); or certificate, private_key and ca_chain with issuing_ca (Vault).",
  );

const caSecretRef = z
  .object({
    name: objectName("Name of the Secret, in the namespace of the DockerHost."),
    key: secretKey("Key of the CA certificates (PEM).").default("ca.crt"),
  })
  .optional()
  .describe(
    "Secret with the CA that issued the server's certificate, if it is not in the Secret of certSecretRef. It takes precedence over a CA there.",
  );

const tls = withValidations(
  z.object({
    verify: z
      .boolean()
      .default(false)
      .describe(
        "Whether to verify the server's certificate, like --tlsverify of Docker and Watchtower. It turns tcp:// into https://.",
      ),
    certSecretRef,
    caSecretRef,
    systemRoots: z
      .boolean()
      .default(false)
      .describe("Whether to verify the server with the system's root certificates, even if a Secret contains a CA."),
    serverName: text({
      max: 253,
      pattern: "^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$|^[0-9a-fA-F:.]+$",
      message: "must be a host name or an IP address, without a port",
      describe:
        "Name that the server's certificate must have, if it differs from the host in spec.host. It is also sent as SNI.",
    }).optional(),
  }),
  {
    cel: "!(has(self.caSecretRef) && has(self.systemRoots) && self.systemRoots)",
    message: "`systemRoots` and `caSecretRef` must not be set together; remove one of them",
    check: (value) => !(value.systemRoots && value.caSecretRef !== undefined),
  },
)
  .prefault({})
  .describe("TLS to the daemon.");

const ssh = z
  .object({
    secretRef: z
      .object({ name: objectName("Name of the Secret, in the namespace of the DockerHost.") })
      .describe("Secret with the private key (ssh-privatekey) and the trusted host keys (known_hosts)."),
    hostKeyChecking: z
      .enum(["Strict", "Disabled"])
      .default("Strict")
      .describe(
        "Strict: the host's key must be in known_hosts. Disabled: any host key is accepted, so that anyone can impersonate the host.",
      ),
  })
  .optional()
  .describe("SSH to the host. Required with ssh://, and not allowed otherwise.");

/** The wire form of `spec`: free of transforms, since the CustomResourceDefinition is made from it. */
export const DockerHostSpecSchema = withValidations(
  z.object({
    host,
    apiVersion: text({
      max: 8,
      pattern: "^1[.][0-9]{1,3}$",
      message: "must be a version of the Docker API, such as '1.45', in quotes; leave it out to negotiate",
      describe: "Version of the Docker API to use. By default, the newest version that both sides support.",
    }).optional(),
    tls,
    ssh,
    timeout: duration({
      min: "1s",
      max: "10m",
      describe: "Time limit for one connection pass: resolve, dial, ping, version.",
    }).default("30s"),
    interval: duration({
      min: "10s",
      max: "24h",
      describe: "How often to check the connection, with some jitter.",
    }).default("5m"),
    suspend: z.boolean().default(false).describe("Whether to suspend this host: no connection and no update check."),
    allowUpdates: z
      .boolean()
      .default(false)
      .describe(
        "Whether containers on this host may be replaced by ContainerUpdates: image pulled, container stopped, created again, started and removed. The controller must run with --updates. If false, the host is only read.",
      ),
    updateCheck,
  }),
  {
    cel: TIMEOUT_WITHIN_INTERVAL,
    message: "`timeout` must not be longer than `interval`; shorten it or raise `interval`",
    check: (value) => notLonger(value.timeout, value.interval),
  },
  {
    cel: "has(self.ssh) == (has(self.host) && self.host.matches('^(?i:ssh)://'))",
    message: "`ssh` must be given with a host that starts with 'ssh://', and only then",
    check: (value) => (value.ssh !== undefined) === /^ssh:\/\//i.test(value.host),
  },
);

export type DockerHostSpec = z.output<typeof DockerHostSpecSchema>;
export type UpdateCheckSpec = NonNullable<DockerHostSpec["updateCheck"]>;
