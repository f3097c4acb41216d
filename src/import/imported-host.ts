export const MANIFEST_FORMATS = ["yaml", "json"] as const;
export type ManifestFormat = (typeof MANIFEST_FORMATS)[number];

/** The contents of a Secret that has no name yet. */
export interface ImportedSecret {
  readonly kind: "tls" | "ssh";
  readonly type: "Opaque" | "kubernetes.io/tls" | "kubernetes.io/ssh-auth";
  readonly entries: Readonly<Record<string, string>>;
  /** The file of each entry whose text is exactly that of a file. */
  readonly files: Readonly<Record<string, string>>;
}

/** A host as the settings of another program describe it. */
export interface ImportedHost {
  /** The origin of the host, for messages: `context "edge-7"`. */
  readonly source: string;
  /** The wanted name, which may not be valid in Kubernetes yet. */
  readonly wishedName: string;
  readonly spec: ImportedSpec;
  readonly secret?: ImportedSecret;
  /** Says what was guessed or left out, and what is unsafe. */
  readonly warnings: readonly string[];
}

/** The spec without the names of Secrets. Fields with default values are left out. */
export interface ImportedSpec {
  readonly host: string;
  readonly apiVersion?: string;
  readonly tls?: { readonly verify: boolean };
  readonly updateCheck?: ImportedCheck;
}

export interface ImportedCheck {
  readonly interval?: string;
  readonly schedule?: string;
  readonly timeZone?: string;
  readonly timeout?: string;
  readonly minimumAge?: string;
  readonly containers?: Readonly<Record<string, string | boolean | readonly string[]>>;
}
