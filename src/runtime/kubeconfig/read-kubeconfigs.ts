import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { errorCode } from "../../common/error-code.ts";
import { readBoundedFile } from "../../common/read-file.ts";
import { failure, type Result, success } from "../../common/result.ts";
import { MalformedKubeconfig } from "./fields.ts";
import { type Kubeconfig, mergeKubeconfigs } from "./kubeconfig.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";

const LARGEST_FILE_BYTES = 16 * 1024 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The file of which kubectl reads the configuration if nothing else is given. */
export function homeKubeconfig(env: Environment): string {
  return join(env.HOME ?? homedir(), ".kube", "config");
}

/** The files that $KUBECONFIG lists; undefined if it is not set. */
export function listedKubeconfigs({ KUBECONFIG = "" }: Environment): readonly string[] | undefined {
  return KUBECONFIG === "" ? undefined : [...new Set(KUBECONFIG.split(delimiter).filter((file) => file !== ""))];
}

/** Reads and merges the files of a list. As for kubectl, files that do not exist are skipped. */
export async function readKubeconfigs(files: readonly string[]): Promise<Result<Kubeconfig, string>> {
  const read = await Promise.all(files.map((file) => readKubeconfig(file, "optional")));
  const failed = read.find((each) => !each.ok);
  if (failed !== undefined && !failed.ok) return failed;
  return success(mergeKubeconfigs(read.flatMap((each) => (each.ok && each.value !== undefined ? [each.value] : []))));
}

/** Resolves to undefined if an optional file does not exist. */
export async function readKubeconfig(
  file: string,
  need: "optional" | "required",
): Promise<Result<Kubeconfig | undefined, string>> {
  const path = resolve(file);
  try {
    const bytes = await readBoundedFile(path, LARGEST_FILE_BYTES);
    if (bytes === undefined) return failure(`The kubeconfig ${file} is larger than ${LARGEST_FILE_BYTES} bytes.`);
    return success(parseKubeconfig(bytes.toString("utf8"), path));
  } catch (error) {
    if (error instanceof MalformedKubeconfig) return failure(`Cannot read the kubeconfig ${file}: ${error.message}.`);
    const code = errorCode(error);
    if (code === "ENOENT" && need === "optional") return success(undefined);
    // Other messages could quote the file.
    return failure(
      code === "ENOENT"
        ? `The kubeconfig ${file} does not exist.`
        : `Cannot read the kubeconfig ${file} (${code ?? "it is not valid YAML"}).`,
    );
  }
}
