/** metadata as far as the product reads it. */
export interface ApiMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly generation: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly uid?: string | undefined }[];
}

/** An object of one of our kinds as it is stored. The spec is not parsed, since an object of another version may not fit. */
export interface ApiObject<Status = object> {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ApiMetadata;
  readonly spec?: unknown;
  readonly status?: Status;
}
