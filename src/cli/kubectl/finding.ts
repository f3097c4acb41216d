export interface Finding {
  readonly level: "ok" | "warning" | "problem";
  readonly message: string;
  /** Says what the user should do. */
  readonly advice?: string;
}
