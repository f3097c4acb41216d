/** Options that no container of the matrix has, each with the reason. Together with those, they are all that there are. */
export const NOT_IN_MATRIX: readonly {
  readonly options: readonly string[];
  readonly why: string;
  /** Only on this engine: it is in the matrix of the other one. */
  readonly only?: "old" | "new";
  /** A command line that shows it, and what the answer is. */
  readonly refused?: { readonly value: string; readonly answer: RegExp };
}[] = [
  { options: ["detach", "name", "pull"], why: "every container is started with them" },
  {
    options: ["detach-keys", "disable-content-trust", "help", "quiet", "sig-proxy"],
    why: "only the command line uses them, and the daemon never learns them",
  },
  { options: ["rm"], why: "such a container is not replaced, which the test of refusals shows" },
  {
    options: ["storage-opt"],
    only: "old",
    why: "the engine answers that it is supported only for overlay over xfs with the mount option pquota",
  },
  {
    options: ["use-api-socket"],
    why: "short for a bind mount of /var/run/docker.sock, a variable and a file, and this machine does not have that socket",
  },
  {
    options: ["cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops"],
    why: "only for Windows",
    refused: { value: "1", answer: /only supported on a Docker daemon running on windows/ },
  },
];
