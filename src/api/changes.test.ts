import { describe, expect, it } from "vitest";
import { type Change, lastOfCertificates, lastOfConnection, MAX_CHANGES, type News, withNews } from "./changes.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const news = (change: News["change"], message = "a message"): News => ({ change, reason: "Any", message });
const numbers = (changes: readonly Change[]) => changes.map(({ number, change }) => `${number} ${change}`);

describe("a list of changes", () => {
  it("continues to count from the last change, even if it is no longer in the list", () => {
    expect(numbers(withNews([], 0, [news("HostLost"), news("UpdatesFound")], NOW))).toEqual([
      "1 HostLost",
      "2 UpdatesFound",
    ]);
    expect(numbers(withNews([], 7, [news("UpdatesFound")], NOW))).toEqual(["8 UpdatesFound"]);
  });

  it("does not change without new changes", () => {
    const before = withNews([], 0, [news("HostLost")], NOW);
    expect(withNews(before, 1, [], NOW)).toBe(before);
  });

  it("keeps what was not delivered, and the last change of the connection and of the certificates", () => {
    let list = withNews([], 0, [news("HostLost"), news("HostBack"), news("CertificateExpiring")], NOW);
    list = withNews(list, 3, [news("UpdatesFound")], NOW);
    expect(numbers(list)).toEqual(["2 HostBack", "3 CertificateExpiring", "4 UpdatesFound"]);
    list = withNews(list, 3, [news("HostLost")], NOW);
    expect(numbers(list)).toEqual(["3 CertificateExpiring", "4 UpdatesFound", "5 HostLost"]);
    expect([lastOfConnection(list)?.number, lastOfCertificates(list)?.number]).toEqual([5, 3]);
  });

  it("loses the oldest changes while nobody takes them, but never the last one of a subject", () => {
    let list = withNews([], 0, [news("CertificateExpiring")], NOW);
    for (let i = 0; i < 20; i++) list = withNews(list, 0, [news(i % 2 === 0 ? "HostLost" : "HostBack")], NOW);
    expect(list).toHaveLength(MAX_CHANGES);
    expect(list.at(-1)?.number).toBe(21);
    expect(list[0]).toMatchObject({ number: 1, change: "CertificateExpiring" });
  });

  it("cuts texts that are too long for the API server", () => {
    const [change] = withNews([], 0, [{ ...news("HostLost", "x".repeat(5_000)), about: "y".repeat(5_000) }], NOW);
    expect([change?.message.length, change?.about?.length]).toEqual([512, 256]);
  });
});
