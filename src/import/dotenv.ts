/** The variables of a file as Docker reads it (--env-file, env_file, .env): NAME=VALUE lines, comments, quotes around a value. */
export function parseDotenv(text: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const parts = /^\s*(?:export\s+)?(?<name>[a-zA-Z_][a-zA-Z0-9_.]*)\s*=\s*(?<value>.*?)\s*$/.exec(line)?.groups;
    if (parts?.name === undefined) continue;
    const value = parts.value ?? "";
    const quoted = /^(["'])(.*)\1(\s+#.*)?$/.exec(value);
    variables[parts.name] = quoted?.[2] ?? value.replace(/\s+#.*$/, "");
  }
  return variables;
}
