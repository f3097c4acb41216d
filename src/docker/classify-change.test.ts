import { describe, expect, it } from "vitest";
import { failed } from "../api/failure.ts";
import { classifyChange, wasAnswered } from "./classify-change.ts";
import { EngineError } from "./fleet-modem.ts";

const ID = "7".repeat(64);
const DOCKER = { "api-version": "1.44", "content-type": "application/json" };

/** What a daemon's refusal of a request means. */
function refused(request: string, status: number, message: string, headers: Record<string, string> = DOCKER) {
  const [method = "", path = ""] = request.split(" ");
  const body = Buffer.from(JSON.stringify({ message }));
  const general = failed(
    "DaemonError",
    "It failed",
    new EngineError(`/v1.44${path}`, { status, headers, body }, method),
  );
  if (general.ok) throw new Error("it is a failure");
  return classifyChange(general.failure, "tcp://edge-7:2376");
}

describe("a change that the daemon refuses", () => {
  it.each([
    [
      `POST /containers/${ID}/rename?name=web`,
      409,
      `Conflict. The container name "/web" is already in use by container "x"`,
      "ContainerNameTaken",
    ],
    [
      "POST /containers/create?name=web",
      409,
      `Conflict. The container name "/web" is already in use by container "x"`,
      "ContainerNameTaken",
    ],
    [`POST /containers/${ID}/rename?name=web`, 409, "name web is already in use", "ContainerNameTaken"],
    [`DELETE /containers/${ID}`, 409, `removal of container ${ID} is already in progress`, "ContainerInTransition"],
    [
      `POST /containers/${ID}/update`,
      500,
      `Cannot update container ${ID}: cannot update a stopped container: unknown`,
      "ContainerInTransition",
    ],
    [
      `POST /containers/${ID}/update`,
      500,
      `Cannot update container ${ID}: cannot update a deleted process: unknown`,
      "ContainerInTransition",
    ],
    [
      `POST /containers/${ID}/update`,
      500,
      `Cannot update container ${ID}: task ${ID} not found: not found`,
      "ContainerInTransition",
    ],
    [`POST /containers/${ID}/update`, 500, `Cannot update container ${ID}: ttrpc: closed`, "ContainerInTransition"],
    [
      `POST /containers/${ID}/exec`,
      400,
      "unable to find user nobody: no matching entries in passwd file",
      "HookFailed",
    ],
    [`POST /containers/${ID}/exec`, 409, `Container ${ID} is not running`, "HookFailed"],
    [`POST /containers/${ID}/exec`, 404, `No such container: ${ID}`, "ContainerNotFound"],
    [
      `POST /exec/${ID}/start`,
      400,
      'OCI runtime exec failed: exec: "/bin/sh": stat /bin/sh: no such file',
      "HookFailed",
    ],
    [`POST /exec/${ID}/start`, 500, "unable to find user nobody: no matching entries in passwd file", "HookFailed"],
    [`POST /containers/${ID}/update`, 400, "invalid restart policy", "DaemonError"],
    ["POST /containers/create?name=web", 500, "mkdir /var/lib/docker: no space left on device", "HostDiskFull"],
    ["POST /containers/create?name=web", 404, "No such image: shop/web:1", "ImageNotPulled"],
    ["POST /containers/create?name=web", 400, "invalid restart policy", "ContainerRejected"],
    [`POST /containers/${ID}/start`, 500, "exec: not found", "ContainerStartFailed"],
    [`POST /containers/${ID}/stop`, 500, "cannot stop container", "ContainerStopFailed"],
    [`POST /containers/${ID}/stop`, 404, `No such container: ${ID}`, "ContainerNotFound"],
  ])("%s: %i %s", (request, status, message, reason) => {
    const failure = refused(request, status, message);
    expect(failure.reason).toBe(reason);
    expect(wasAnswered(failure)).toBe(true);
    expect(failure.message).not.toContain(`/${ID}`);
  });

  it("keeps the general reason if something in front of the daemon refused it", () => {
    const words = "The container name is already in use by container x";
    expect(refused("POST /containers/create", 409, words, {}).reason).toBe("DaemonError");
    expect(refused("POST /containers/create", 403, "authorization denied by plugin x").reason).toBe("DaemonError");
  });
});
