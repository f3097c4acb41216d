import { describe, expect, it } from "vitest";
import { SshFailure } from "./ssh-failure.ts";
import { TrafficBudget } from "./traffic-budget.ts";

const LOGIN = "Inbound: Received USERAUTH_SUCCESS";

function loggedIn(): TrafficBudget {
  const budget = new TrafficBudget();
  expect(budget.receive(3_000)).toBeUndefined();
  budget.report(LOGIN);
  return budget;
}

describe("what an SSH server may send", () => {
  it("is enough for thousands of channels, each with its packets", () => {
    const budget = loggedIn();
    for (let i = 0; i < 10_000; i++) {
      budget.report(`Outbound: Sending CHANNEL_OPEN (r:${i % 100}, direct-streamlocal@openssh.com)`);
      for (const packet of [
        "CHANNEL_OPEN_CONFIRMATION (r:0, s:0)",
        "CHANNEL_WINDOW_ADJUST (r:0, 200)",
        "CHANNEL_EOF (r:0)",
        "CHANNEL_CLOSE (r:0)",
      ]) {
        expect(budget.receive(60)).toBeUndefined();
        budget.report(`Inbound: ${packet}`);
      }
      expect(budget.receive(1_060)).toBeUndefined();
      budget.report("Inbound: CHANNEL_DATA (r:0, 1000)");
    }
  });

  it("is enough for content of any size, as long as its windows are kept", () => {
    const budget = loggedIn();
    budget.report("Outbound: Sending CHANNEL_OPEN (r:0, session)");
    for (let i = 0; i < 20_000; i++) {
      budget.report("Outbound: Sending CHANNEL_WINDOW_ADJUST (r:0, 32000)");
      expect(budget.receive(32_050)).toBeUndefined();
      budget.report("Inbound: CHANNEL_DATA (r:0, 32000)");
    }
  });

  it("is not more than the windows of the channels", () => {
    const budget = loggedIn();
    budget.report("Outbound: Sending CHANNEL_OPEN (r:0, session)");
    const more = () => budget.report("Inbound: CHANNEL_DATA (r:0, 32768)");
    for (let i = 0; i < 64; i++) more();
    expect(more).toThrow(SshFailure);
  });

  it("also counts the bytes of an unfinished packet", () => {
    const budget = new TrafficBudget();
    for (let i = 0; i < 32; i++) expect(budget.receive(4_096)).toBeUndefined();
    expect(budget.receive(1)).toBeInstanceOf(SshFailure);
  });
});
