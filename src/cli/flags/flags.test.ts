import { Command } from "commander";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { success } from "../../common/result.ts";
import { addFlags, flag, flagLines, readFlags } from "./flags.ts";
import { boolean, choice, duration, list, wholeNumber, words } from "./values.ts";

const schema = z.object({
  concurrent: flag(wholeNumber(1, 99).prefault("10"), { placeholder: "<number>", description: "how many" }),
  retryDelay: flag(duration("1s", "1m").optional(), { placeholder: "<duration>", description: "how long" }),
  level: flag(choice(["low", "high"]).optional(), { placeholder: "<level>", description: "how high" }),
  names: flag(list((text) => success(text)).optional(), {
    placeholder: "<names>",
    description: "who",
    isList: true,
    defaultWords: "all",
  }),
  dryRun: flag(boolean.prefault("false"), { description: "whether", isSwitch: true }),
  file: flag(words.optional(), { placeholder: "<file>", description: "where" }),
});

function read(args: readonly string[], env: Record<string, string> = {}) {
  const command = addFlags(new Command().exitOverride(), schema);
  command.parse(args, { from: "user" });
  return readFlags(schema, command.opts(), env);
}

describe("flags", () => {
  it("have their defaults", () => {
    expect(read([])).toEqual({ concurrent: 10, dryRun: false });
  });

  it("are read from the line", () => {
    const line = ["--concurrent", "3", "--retry-delay", "1m", "--level", "low", "--dry-run", "--file", "a b"];
    expect(read(line)).toEqual({ concurrent: 3, retryDelay: 60_000, level: "low", dryRun: true, file: "a b" });
    expect(read(["--dry-run=false"]).dryRun).toBe(false);
    expect(read(["--names", "a, b", "--names", "c"]).names).toEqual(["a", "b", "c"]);
  });

  it("are read from variables, where the line does not say otherwise and they are not empty", () => {
    const env = { DOCKERHOST_CONCURRENT: "4", DOCKERHOST_RETRY_DELAY: "2s", DOCKERHOST_LEVEL: "", PATH: "/bin" };
    expect(read(["--retry-delay", "3s"], env)).toEqual({ concurrent: 4, retryDelay: 3_000, dryRun: false });
  });

  it.each([
    [["--concurrent", "0"], {}, "--concurrent 0: it must be a number from 1 to 99"],
    [["--retry-delay", "2m"], {}, "--retry-delay 2m: it must be from 1s to 1m"],
    [["--retry-delay", "2"], {}, "--retry-delay 2: it must be a duration, for example 30s or 1m30s"],
    [["--dry-run=maybe"], {}, "--dry-run maybe: it must be true or false"],
    [["--file", ""], {}, "--file : it must not be empty"],
    [[], { DOCKERHOST_LEVEL: "middle" }, "DOCKERHOST_LEVEL=middle: it must be one of low, high"],
    [
      ["--concurrent", "x"],
      { DOCKERHOST_LEVEL: "middle" },
      "--concurrent x: it must be a number from 1 to 99; DOCKERHOST_LEVEL=middle: it must be one of low, high",
    ],
  ])("%j with %j are refused", (args, env, message) => {
    expect(() => read(args, env)).toThrow(message);
  });

  it("that are unknown as variables are named, with those that there are", () => {
    expect(() => read([], { DOCKERHOST_CONCURENT: "4", DOCKERHOST_X: "" })).toThrow(
      "DOCKERHOST_CONCURENT, DOCKERHOST_X in the environment: there is no such setting. The settings are DOCKERHOST_CONCURRENT, ",
    );
  });

  it("do not use Kubernetes' variables about Services", () => {
    const links = {
      DOCKERHOST_OPERATOR_SERVICE_HOST: "10.0.0.1",
      DOCKERHOST_OPERATOR_SERVICE_PORT: "8080",
      DOCKERHOST_OPERATOR_SERVICE_PORT_HTTP_METRICS: "8080",
      DOCKERHOST_PORT: "tcp://10.0.0.1:8080",
      DOCKERHOST_OPERATOR_PORT_8080_TCP: "tcp://10.0.0.1:8080",
      DOCKERHOST_OPERATOR_PORT_8080_TCP_PROTO: "tcp",
      DOCKERHOST_OPERATOR_PORT_8080_TCP_PORT: "8080",
      DOCKERHOST_OPERATOR_PORT_8080_TCP_ADDR: "10.0.0.1",
    };
    expect(read([], links)).toEqual({ concurrent: 10, dryRun: false });
    expect(() => read([], { DOCKERHOST_PORT: "8080" })).toThrow("DOCKERHOST_PORT");
  });

  it("are described as they are given", () => {
    expect(flagLines(schema)[1]).toEqual({
      key: "retryDelay",
      flag: "--retry-delay",
      variable: "DOCKERHOST_RETRY_DELAY",
      placeholder: "<duration>",
      description: "how long",
    });
    const help = addFlags(new Command(), schema).helpInformation();
    expect(help).toContain("--concurrent <number>");
    expect(help).toContain("how many (default 10)");
    expect(help).toContain("who (default all)");
    expect(help).toContain("--dry-run [boolean]");
  });
});
