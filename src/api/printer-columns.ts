/** One column of `kubectl get dockerhosts`; the command line's own table is made from the same list. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  /** The subset of JSONPath that both kubectl and our own table read: fields, and one filter on a condition's type. */
  readonly jsonPath: string;
  /** 0 is always shown, 1 with `-o wide` only. */
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
    name: "Status",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    description: "Why it is ready or not.",
  },
  { name: "Engine", type: "string", jsonPath: ".status.engine.version", description: "Version of the Docker engine." },
  {
    name: "Outdated",
    type: "integer",
    jsonPath: ".status.updates.outdated",
    description: "Containers for which the registry has another image.",
  },
  {
    // A string, since kubectl prints dates that lie ahead as <invalid>.
    name: "Cert Expires",
    type: "string",
    jsonPath: ".status.certificates.nextExpiry",
    description: "When the first certificate of the connection ends.",
  },
  {
    name: "Last Check",
    type: "date",
    jsonPath: ".status.updates.lastCheckTime",
    description: "When the images were last checked.",
  },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Age of the object." },
  {
    name: "Endpoint",
    type: "string",
    jsonPath: ".status.endpoint",
    priority: 1,
    description: "The endpoint that is used, after normalization.",
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
    description: "Version of the Docker API that is used.",
  },
];
