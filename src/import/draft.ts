export const MANIFEST_FORMATS = ["yaml", "json"] as const;
export type ManifestFormat = (typeof MANIFEST_FORMATS)[number];

/** The private half of a Secret, before it has a name. */
export interface SecretDraft {
  readonly kind: "tls" | "ssh";
  readonly type: "Opaque" | "kubernetes.io/tls" | "kubernetes.io/ssh-auth";
  readonly entries: Readonly<Record<string, string>>;
  /** For an entry that one file holds word for word: that file. */
  readonly files: Readonly<Record<string, string>>;
}

/** A host as another program's settings describe it. */
export interface HostDraft {
  /** Where it was found, for messages: `context "edge-7"`. */
  readonly source: string;
  /** What to call it; not yet a name that Kubernetes takes. */
  readonly wishedName: string;
  readonly spec: SpecDraft;
  readonly secret?: SecretDraft;
  /** What was guessed, left out, or is unsafe. */
  readonly warnings: readonly string[];
}

/** The spec without the names of Secrets. Fields that would be the default are left out. */
export interface SpecDraft {
  readonly host: string;
  readonly apiVersion?: string;
  readonly tls?: { readonly verify: boolean };
  readonly updateCheck?: UpdateCheckDraft;
}

export interface UpdateCheckDraft {
  readonly interval?: string;
  readonly schedule?: string;
  readonly timeZone?: string;
  readonly timeout?: string;
  readonly minimumAge?: string;
  readonly containers?: Readonly<Record<string, string | boolean | readonly string[]>>;
}
