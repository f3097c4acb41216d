/** One column of `kubectl get dockerhosts`; the command line's own table is made from the same list. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  /** The subset of JSONPath that both kubectl and our own table read: fields, and one filter on a condition's type. */
  readonly jsonPath: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority?: 1;
  readonly description: string;
}

export const PRINTER_COLUMNS: readonly PrinterColumn[] = [
  {
    name: "Host",
    type: "string",
    jsonPath: ".spec.host",
    description: "Address of the Docker daemon, as in the spec.",
  },
  {
    name: "Ready",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: "Whether the credentials are valid and the daemon is connected.",
  },
  {
    name: "Reason",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    description: "Why the host is ready or not, in one word.",
  },
  { name: "Engine", type: "string", jsonPath: ".status.engine.version", description: "Version of the Docker engine." },
  {
    // This comes before the number, which is correct only if the check succeeded.
    name: "Updates",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="UpdatesAvailable")].status',
    description: "Whether there are updates: True, False, or Unknown if not every container could be checked.",
  },
  {
    name: "Outdated",
    type: "integer",
    jsonPath: ".status.updates.outdated",
    description: "Containers for which the registry has another image.",
  },
  {
    // A string, because kubectl prints dates in the future as <invalid>.
    name: "Cert Expires",
    type: "string",
    jsonPath: ".status.certificates.nextExpiry",
    description: "When the first certificate of the connection expires.",
  },
  {
    name: "Last Check",
    type: "date",
    jsonPath: ".status.updates.lastCheckTime",
    description: "When the images were last checked.",
  },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Age of the object." },
  {
    name: "Suspended",
    type: "boolean",
    jsonPath: ".spec.suspend",
    priority: 1,
    description: "Whether spec.suspend stops the controller from connecting to it.",
  },
  {
    name: "Endpoint",
    type: "string",
    jsonPath: ".status.endpoint",
    priority: 1,
    description: "The endpoint in use, after normalization.",
  },
  {
    name: "TLS",
    type: "string",
    jsonPath: ".status.tlsMode",
    priority: 1,
    description: "How the connection is protected.",
  },
  {
    name: "API",
    type: "string",
    jsonPath: ".status.engine.apiVersion",
    priority: 1,
    description: "Version of the Docker API in use.",
  },
  {
    // The last column, since it is as wide as all the others together.
    name: "Message",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    priority: 1,
    description: "Why the host is ready or not, and what to do.",
  },
];
