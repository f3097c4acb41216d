import { describe, expect, it } from "vitest";
import { serveHttp } from "../../test/support/http-server.ts";
import { systemClock } from "../common/clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import { parseEndpoint } from "./endpoint.ts";
import { addedSettings, EngineDetails } from "./engine-details.ts";
import { EngineLine } from "./engine-line.ts";
import { replyBudget } from "./exchange.ts";
import { CLIENT_MAX } from "./negotiate.ts";

const ID = "a".repeat(64);
const MAC = "02:42:ac:1f:8c:09";

/**
 * Inspects a container whose MAC address and umask a user has set, on a daemon that shows each of them only to some
 * versions of the API, as Docker does.
 */
async function inspect(apiVersion: string, { oldest = 40, added }: { oldest?: number; added?: object } = {}) {
  const { seen, domain } = await serveHttp((request, response) => {
    const minor = Number(/^\/v1\.(\d+)\//.exec(request.url ?? "")?.[1]);
    response.writeHead(minor < oldest ? 400 : 200, { "Content-Type": "application/json", "Api-Version": "1.56" });
    if (minor < oldest) return response.end(JSON.stringify({ message: "client version is too old" }));
    const Config = { Image: "web:1", ...(minor <= 51 && { MacAddress: MAC }) };
    const HostConfig = { Memory: 1, ...(minor >= 56 && { Umask: 63 }) };
    const rest = { Image: "sha256:1", State: { Status: "running" }, NetworkSettings: {} };
    return response.end(JSON.stringify({ Id: ID, Name: "/web", Config, HostConfig, ...rest }));
  });
  const endpoint = parseEndpoint(`tcp://${domain}`, false);
  if (!endpoint.ok) throw new Error(endpoint.failure.message);
  const target = { endpoint: endpoint.value, guard: openGuard(), replies: replyBudget(systemClock) };
  using line = new EngineLine(target, apiVersion, systemClock, new AbortController().signal);
  const inspected = await new EngineDetails(line).inspectForRecreation(ID, added && { ...added });
  if (!inspected.ok || inspected.value === undefined) throw new Error("nothing was found");
  const { Config, HostConfig } = inspected.value;
  const versions = seen.map(({ url = "" }) => url.split("/")[1]?.slice(1));
  return { mac: Config.MacAddress, umask: HostConfig.Umask, versions };
}

describe("a container that is to be created again", () => {
  it.each([
    ["1.41", ["1.41"]],
    ["1.51", ["1.51"]],
    ["1.52", ["1.51"]],
    ["1.55", ["1.51"]],
  ])("is asked for once by API %s", async (version, versions) => {
    expect(await inspect(version)).toEqual({ mac: MAC, umask: undefined, versions });
  });

  it("is asked for twice where neither version shows all of it", async () => {
    expect(await inspect("1.56")).toEqual({ mac: MAC, umask: 63, versions: ["1.51", "1.56"] });
  });

  it("is asked for once if the settings that were added later are known", async () => {
    expect(await inspect("1.56", { added: { Umask: 18 } })).toEqual({ mac: MAC, umask: 18, versions: ["1.51"] });
    expect(await inspect("1.56", { added: {} })).toEqual({ mac: MAC, umask: undefined, versions: ["1.51"] });
  });

  it.each(["1.53", "1.56"])(
    "has an unknown MAC address if the daemon refuses old versions (API %s)",
    async (version) => {
      const { mac, versions } = await inspect(version, { oldest: 52, added: {} });
      expect({ mac, versions }).toEqual({ mac: null, versions: ["1.51", version] });
    },
  );

  it("has only the settings that are known to be added later", () => {
    expect(CLIENT_MAX, "compare what this version shows of HostConfig with 1.51, and extend ADDED_LATER").toBe("1.56");
    expect(addedSettings({ HostConfig: { Umask: 18, Memory: 1 } })).toEqual({ Umask: 18 });
    expect(addedSettings({ HostConfig: { Umask: null } })).toEqual({});
    expect(addedSettings({ HostConfig: { Umask: 0 } })).toEqual({ Umask: 0 });
  });
});
