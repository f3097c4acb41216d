import { z } from "zod";
import { fenceFlags } from "../fences.ts";
import { daemonFlags } from "./daemon-flags.ts";
import { flag } from "./flags.ts";
import { words } from "./values.ts";

/** The flags of `dockerhost run`, beside the manifests that it follows. */
export const runFlags = z.object({
  state: flag(words.optional(), {
    placeholder: "<folder>",
    description: "keep each host's status there over restarts",
  }),
  ...daemonFlags({ metricsAddr: "0" }),
  ...fenceFlags("run"),
});

export type RunFlags = z.output<typeof runFlags>;
