import { describe, expect, it } from "vitest";
import { parseEndpoint } from "./endpoint.ts";
import { endpointWarnings, PLAINTEXT_TCP, SSH_WITH_TLS, UNCHECKED_HOST_KEY, UNVERIFIED_HTTPS } from "./warnings.ts";

const INSECURE_SCHEME =
  "TLS verification is enabled but DOCKER_HOST uses insecure scheme 'http://'. Consider using 'https://' or disable TLS verification.";
const LOCAL_SOCKET =
  "TLS verification is enabled but DOCKER_HOST uses local socket 'unix://'. TLS is not applicable for local sockets; consider disabling TLS verification.";

function warnings(host: string, verify: boolean, certificates = false): readonly string[] {
  const endpoint = parseEndpoint(host, verify);
  if (!endpoint.ok) throw new Error(endpoint.failure.message);
  return endpointWarnings(endpoint.value, { verify, certificates });
}

describe("endpointWarnings", () => {
  it("has the two documented texts, word for word", () => {
    expect(warnings("http://edge-7", true)).toEqual([INSECURE_SCHEME]);
    expect(warnings("unix:///var/run/docker.sock", true)).toEqual([LOCAL_SOCKET]);
  });

  it.each([
    ["unix:///var/run/docker.sock", false, true],
    ["http://edge-7", false, true],
    ["tcp://edge-7", true, true],
    ["https://edge-7", true, true],
    ["tcp://edge-7", false, false],
    ["tcp://edge-7:2375", false, false],
  ])("says nothing of %s with verify %s and certificates %s", (host, verify, certificates) => {
    expect(warnings(host, verify, certificates)).toEqual([]);
  });

  it.each([
    ["tcp://edge-7:2376", false],
    ["tcp://edge-7:2375", true],
  ])("warns that %s is plaintext where TLS was meant", (host, certificates) => {
    expect(warnings(host, false, certificates)).toEqual([PLAINTEXT_TCP]);
  });

  it("warns of https without verification", () => {
    expect(warnings("https://edge-7", false)).toEqual([UNVERIFIED_HTTPS]);
  });

  it("warns of SSH whose host keys are not checked, and of TLS settings with SSH", () => {
    const ssh = parseEndpoint("ssh://docker@edge-7", false);
    if (!ssh.ok) throw new Error(ssh.failure.message);
    const given = (verify: boolean, uncheckedHostKey: boolean) =>
      endpointWarnings(ssh.value, { verify, certificates: false, uncheckedHostKey });
    expect(given(false, false)).toEqual([]);
    expect(given(false, true)).toEqual([UNCHECKED_HOST_KEY]);
    expect(given(true, true)).toEqual([UNCHECKED_HOST_KEY, SSH_WITH_TLS]);
  });
});
