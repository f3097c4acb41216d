import { describe, expect, it } from "vitest";
import { loginFiles } from "./registry-login.ts";

describe("loginFiles", () => {
  it.each([
    ["docker", {}, ["/home/me/.docker/config.json"]],
    ["docker", { DOCKER_CONFIG: "/etc/d", REGISTRY_AUTH_FILE: "/x" }, ["/etc/d/config.json"]],
    ["podman", { REGISTRY_AUTH_FILE: "/x" }, ["/x"]],
    [
      "podman",
      { XDG_RUNTIME_DIR: "/run/user/7" },
      ["/run/user/7/containers/auth.json", "/home/me/.config/containers/auth.json", "/home/me/.docker/config.json"],
    ],
  ])("are those of %s with %o", (builder, env, files) => {
    expect(loginFiles(builder, { HOME: "/home/me", ...env })).toEqual(files);
  });
});
