import { z } from "zod";
import { policyFlags } from "../connection-policy.ts";
import { daemonFlags } from "./daemon-flags.ts";
import { flag } from "./flags.ts";
import { words } from "./values.ts";

/** The flags of `dockerhost run`, except --filename. */
export const runFlags = z.object({
  state: flag(words.optional(), {
    placeholder: "<folder>",
    description: "folder that keeps each host's status across restarts",
  }),
  ...daemonFlags({ metricsAddr: "0" }),
  ...policyFlags("run"),
});

export type RunFlags = z.output<typeof runFlags>;
