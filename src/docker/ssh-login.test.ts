import type { AuthContext } from "ssh2";
import { describe, expect, it } from "vitest";
import { startFakeSshd } from "../../test/support/fake-sshd.ts";
import { allClosed, attempt } from "../../test/support/ssh-attempt.ts";

async function failureOf(logIn: (context: AuthContext) => void) {
  const sshd = await startFakeSshd(() => {}, {}, logIn);
  const { failure, close } = attempt(sshd);
  const { reason, message } = await failure();
  close();
  await allClosed(sshd);
  expect(reason).toBe("SSHAuthenticationFailed");
  return message;
}

describe("a login that fails", () => {
  it.each([
    [["keyboard-interactive" as const], "also wants keyboard-interactive,"],
    [["password" as const], "also wants password,"],
    [["password" as const, "keyboard-interactive" as const], "also wants password, keyboard-interactive,"],
    [["publickey" as const], "also wants a second key,"],
  ])("after the key was accepted says that the host wants %s", async (ways, words) => {
    const message = await failureOf((context) => context.reject(ways, true));
    expect(message).toContain(`the host accepted the key but ${words}`);
    expect(message).toContain("AuthenticationMethods publickey");
    expect(message).not.toContain("authorized_keys");
  });

  it.each([
    [["password" as const], "it offers password only"],
    [["password" as const, "keyboard-interactive" as const], "it offers password, keyboard-interactive only"],
  ])("where keys are not taken says that the host offers %s", async (ways, words) => {
    const message = await failureOf((context) => context.reject(ways, false));
    expect(message).toContain(words);
    expect(message).toContain("PubkeyAuthentication yes");
    expect(message).not.toContain("authorized_keys");
  });

  it("says that the key is not accepted if the host accepts keys or says nothing", async () => {
    for (const ways of [["publickey" as const, "password" as const], []]) {
      const message = await failureOf((context) => context.reject(ways, false));
      expect(message).toContain("does not accept the key for this user");
      expect(message).toContain("authorized_keys");
    }
  });
});
