import { describe, expect, it } from "vitest";
import { takeDockerEnvironment } from "./docker-environment.ts";

describe("takeDockerEnvironment", () => {
  it("takes all of Docker's variables away, and leaves the others", () => {
    const env: NodeJS.ProcessEnv = {
      DOCKER_HOST: "tcp://edge-7",
      DOCKER_CLIENT_TIMEOUT: "1",
      HOME: "/root",
      MY_DOCKER_X: "y",
    };
    expect(takeDockerEnvironment(env)).toEqual({ DOCKER_HOST: "tcp://edge-7", DOCKER_CLIENT_TIMEOUT: "1" });
    expect(env).toEqual({ HOME: "/root", MY_DOCKER_X: "y" });
  });
});
