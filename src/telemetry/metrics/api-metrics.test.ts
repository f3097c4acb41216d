import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { seriesOf } from "../../../test/support/scrape.ts";
import { Metrics } from "./metrics.ts";

function setUp() {
  const metrics = new Metrics(new FakeClock());
  return { metrics, read: async (prefix: string) => seriesOf(await metrics.text(), prefix) };
}

describe("the metrics of the API server", () => {
  it("count requests by method and status, with only the host's name", async () => {
    const { metrics, read } = setUp();
    const requests = metrics.requests("https://10.0.0.1:6443/clusters/a");
    requests.answered("GET", 200);
    requests.answered("GET", undefined);
    expect(await read("rest_client_requests_total")).toMatchObject({
      'rest_client_requests_total{code="200",method="GET",host="10.0.0.1:6443"}': 1,
      'rest_client_requests_total{code="<error>",method="GET",host="10.0.0.1:6443"}': 1,
      'rest_client_requests_total{code="200",method="PATCH",host="10.0.0.1:6443"}': 0,
    });
  });

  it("count what befalls a reflector, from zero on", async () => {
    const { metrics, read } = setUp();
    const reflector = metrics.reflector("Secret");
    reflector.restarted("Gone");
    reflector.relisting();
    const restarts = await read("reflector_restarts_total");
    expect(restarts['reflector_restarts_total{kind="Secret",cause="Gone"}']).toBe(1);
    expect(restarts['reflector_restarts_total{kind="Secret",cause="Network"}']).toBe(0);
    expect(await read("reflector_relists_total")).toEqual({ 'reflector_relists_total{kind="Secret"}': 1 });
  });

  it("report how stale a kind may be, and nothing before the server has answered", async () => {
    const { metrics, read } = setUp();
    let age: number | undefined;
    metrics.lastEventAge("DockerHost", () => age);
    expect(await read("reflector_last_event_age")).toEqual({});
    age = 1_500;
    expect(await read("reflector_last_event_age")).toEqual({
      'reflector_last_event_age_seconds{kind="DockerHost"}': 1.5,
    });
  });

  it("report which process leads", async () => {
    const { metrics, read } = setUp();
    let leads = false;
    metrics.leadership("dockerhost-operator", () => leads);
    expect(Object.values(await read("leader_election"))).toEqual([0]);
    leads = true;
    expect(await read("leader_election")).toEqual({ 'leader_election_master_status{name="dockerhost-operator"}': 1 });
  });
});
