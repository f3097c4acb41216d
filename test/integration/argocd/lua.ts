import { run } from "../../env/binaries/run-command.ts";
import type { DebianPrograms } from "../../env/binaries.ts";

/**
 * Runs a script as Argo CD does: with the object in the global `obj`, for the table that it returns. Argo CD's Lua is a
 * 5.1, and so is this.
 */
export async function runLua({ lua, environment }: DebianPrograms, script: string, obj: unknown): Promise<unknown> {
  const program = `${PRINT_JSON}\nobj = ${toLua(obj)}\nprint_json((function()\n${script}\nend)())`;
  return JSON.parse(await run(lua, ["-"], { env: environment, input: program }));
}

function toLua(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(toLua).join(", ")}}`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([name, field]) => `[${quote(name)}] = ${toLua(field)}`).join(", ")}}`;
  }
  return typeof value === "string" ? quote(value) : String(value);
}

/** Lua knows decimal escapes in every version. */
function quote(text: string): string {
  return `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("")}"`;
}

/** Enough of JSON for what the scripts return: tables of texts, numbers, booleans and lists. */
const PRINT_JSON = `
local function encode(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\\\]', function(c) return string.format("\\\\u%04x", c:byte()) end) .. '"'
  end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if #value > 0 then
    for _, item in ipairs(value) do parts[#parts + 1] = encode(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for name, item in pairs(value) do parts[#parts + 1] = encode(name) .. ":" .. encode(item) end
  return "{" .. table.concat(parts, ",") .. "}"
end
function print_json(value) io.write(encode(value)) end
`;
