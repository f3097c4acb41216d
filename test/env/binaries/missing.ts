/** Something that the machine lacks, and what its owner can do about it. */
export interface Lack {
  /** A clause: "this is not Linux". */
  readonly what: string;
  /** An imperative sentence without its full stop. */
  readonly remedy: string;
}

/** The test environment cannot be had on this machine; the message is one paragraph that says why and what to do. */
export class EnvironmentUnavailable extends Error {
  override readonly name = "EnvironmentUnavailable";

  constructor(lacks: readonly Lack[]) {
    const whats = lacks.map((lack) => lack.what).join("; ");
    const remedies = lacks.map((lack) => `${lack.remedy}.`).join(" ");
    super(`The real servers that the integration tests need cannot be set up on this machine: ${whats}. ${remedies}`);
  }
}
