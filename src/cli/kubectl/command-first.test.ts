import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandFirst } from "./command-first.ts";

const program = new Command("kubectl dockerhost");
program.command("list").alias("ls").option("-n, --namespace <name>").option("-A, --all-namespaces");
program.command("wait [names...]").option("--for <goal>").option("-n, --namespace <name>");

describe("commandFirst", () => {
  it.each([
    ["-n fleet list -A", "list -n fleet -A"],
    ["--namespace=fleet ls", "ls --namespace=fleet"],
    ["-A -n fleet list", "list -A -n fleet"],
    ["--for ready wait edge", "wait --for ready edge"],
    ["-n list wait edge", "wait -n list edge"],
    ["list -n fleet", "list -n fleet"],
    ["--help", "--help"],
    ["-n fleet", "-n fleet"],
    ["-n fleet nothing", "-n fleet nothing"],
    ["-- list", "-- list"],
  ])("%s", (given, expected) => {
    expect(commandFirst(program, given.split(" "))).toEqual(expected.split(" "));
  });
});
