import { describe, expect, it, onTestFinished } from "vitest";
import { openSession, plainTarget, RUNNING, startDaemon } from "../../test/support/engine-sessions.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { container, digest, image } from "../../test/support/sim-contents.ts";

describe("EngineSession.listContainers", () => {
  const running = image("1", { tags: ["registry.example:5000/app:1"] });

  it("describes each running container, in one request", async () => {
    const web = container("web", running, { labels: { "dockerhost.dev/scope": "a", team: "a" } });
    const daemon = await startDaemon({
      images: [running],
      containers: [web, container("old", running, { state: "exited" })],
    });
    const listed = await openSession(plainTarget(daemon)).listContainers("1.52", RUNNING);
    expect(listed).toEqual({
      ok: true,
      value: [
        {
          id: web.id,
          name: "web",
          image: "registry.example:5000/app:1",
          imageId: digest("1"),
          manifestDigest: digest("1"),
          state: "running",
          labels: { "dockerhost.dev/scope": "a" },
        },
      ],
    });
    expect(daemon.counters.byRoute()).toEqual({ "GET /containers/json": 1 });
  });

  it("asks what a container was created with whose tag has moved on", async () => {
    const before = image("1");
    const after = image("2", { tags: ["registry.example:5000/app:1"] });
    const daemon = await startDaemon({
      images: [before, after],
      containers: [container("web", before), container("new", after)],
    });
    const listed = await openSession(plainTarget(daemon)).listContainers("1.44", RUNNING);
    expect(listed).toMatchObject({
      value: [
        { name: "web", image: "registry.example:5000/app:1", imageId: digest("1") },
        { name: "new", image: "registry.example:5000/app:1", imageId: digest("2") },
      ],
    });
    expect(daemon.counters.requests("GET /containers/{id}/json")).toBe(1);
  });

  it("leaves out a container that went away meanwhile", async () => {
    const before = image("1");
    const daemon = await startDaemon({ images: [before], containers: [container("web", before)] });
    const gone = {
      kind: "status",
      status: 404,
      body: '{"message":"No such container"}',
      headers: { "Api-Version": "1.52" },
    } as const;
    await daemon.setFaults({ ...gone, path: `/containers/${container("web", before).id}` });
    expect(await openSession(plainTarget(daemon)).listContainers("1.44", RUNNING)).toEqual({ ok: true, value: [] });
  });

  it("says why the image of a container is not known that a proxy hides, and describes the others", async () => {
    const before = image("2");
    const daemon = await startDaemon({
      images: [before, running],
      containers: [container("secrets-web", before), container("web", running)],
    });
    await daemon.setFaults({ kind: "status", status: 403, path: `/containers/${container("secrets-web", before).id}` });
    expect(await openSession(plainTarget(daemon)).listContainers("1.44", RUNNING)).toMatchObject({
      ok: true,
      value: [
        {
          name: "secrets-web",
          failure: { reason: "PermissionDenied", message: expect.stringContaining("GET /v1.44/containers/{id}/json") },
        },
        { name: "web", image: "registry.example:5000/app:1" },
      ],
    });
  });

  it("fails where a container cannot be asked for another reason", async () => {
    const before = image("1");
    const daemon = await startDaemon({ images: [before], containers: [container("web", before)] });
    const path = `/containers/${container("web", before).id}`;
    await daemon.setFaults({ kind: "status", status: 500, headers: { "Api-Version": "1.52" }, path });
    expect(await openSession(plainTarget(daemon)).listContainers("1.44", RUNNING)).toMatchObject({
      ok: false,
      failure: { reason: "DaemonError", message: expect.stringContaining("/containers/{id}/json") },
    });
  });

  it("does not take a proxy's 404 for a container that went away", async () => {
    const before = image("1");
    const daemon = await startDaemon({ images: [before], containers: [container("web", before)] });
    await daemon.setFaults({ kind: "status", status: 404, path: `/containers/${container("web", before).id}` });
    expect(await openSession(plainTarget(daemon)).listContainers("1.44", RUNNING)).toMatchObject({
      ok: false,
      failure: { reason: "NotADockerEndpoint" },
    });
  });

  it("takes the container's own name, not one that a link gave it, and what is missing for nothing", async () => {
    const entries = [
      { Id: "a".repeat(64), Names: ["/web/db", "/db"], Image: "db:1", ImageID: digest("1"), Labels: null },
      { Id: "b".repeat(64), Names: null, Image: "db:1", ImageID: digest("1") },
    ];
    const daemon = await startDaemon();
    await daemon.setFaults({ kind: "status", status: 200, body: JSON.stringify(entries) });
    expect(await openSession(plainTarget(daemon)).listContainers("1.41", RUNNING)).toEqual({
      ok: true,
      value: [
        { id: "a".repeat(64), name: "db", image: "db:1", imageId: digest("1"), state: "running", labels: {} },
        { id: "b".repeat(64), name: "b".repeat(64), image: "db:1", imageId: digest("1"), state: "running", labels: {} },
      ],
    });
  });

  it("names the field that is not as it should be", async () => {
    const daemon = await startDaemon();
    await daemon.setFaults({ kind: "status", status: 200, body: '[{"Id":7}]' });
    expect(await openSession(plainTarget(daemon)).listContainers("1.44", RUNNING)).toMatchObject({
      failure: { reason: "InvalidResponse", message: expect.stringContaining("answered /containers/json") },
    });
    expect(await openSession(plainTarget(daemon)).listContainers("1.44", RUNNING)).toMatchObject({
      failure: { message: expect.stringContaining("(field 0.Id)") },
    });
  });
});

describe("EngineSession.listContainers of a hostile daemon", () => {
  const answering = (items: readonly string[]) => answeringText(`[${items.join(",")}]`);
  const answeringText = async (body: string) => {
    const server = await startRawServer((socket) =>
      socket.once("data", () =>
        socket.write(
          `HTTP/1.1 200 OK\r\nApi-Version: 1.52\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        ),
      ),
    );
    onTestFinished(() => server.close());
    return await openSession(plainTarget(server)).listContainers("1.52", RUNNING);
  };

  it("does not describe what is wrong with each of too many entries", async () => {
    const listed = await answering(
      Array.from({ length: 10_001 }, () => JSON.stringify({ Id: "a", Image: "app", ImageID: "1" })),
    );
    expect(listed).toMatchObject({
      ok: false,
      failure: { reason: "InvalidResponse", message: expect.stringContaining("(more than 10000 entries)") },
    });
  });

  it.each([
    ["names", { Names: Array(9_000).fill(1) }],
    ["labels", { Labels: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`label-${n}`, 1])), Image: 1 }],
    ["labels that count", { Labels: { "dockerhost.dev/enable": true } }],
  ])("says about thousands of wrong %s that one is", async (_, fields) => {
    const entry = { Id: "a", Image: "app", ImageID: digest("1"), ...fields };
    const listed = await answering([JSON.stringify(entry)]);
    expect(listed).toMatchObject({
      ok: false,
      failure: { reason: "InvalidResponse", cause: { issues: { length: 1 } } },
    });
  });

  it("keeps only the labels that the caller reads, and bounds names", async () => {
    const labels = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`label-${n}`, "x".repeat(20)]));
    const entry = {
      Id: "a".repeat(64),
      Names: [`/${"n".repeat(100_000)}`],
      Image: "i".repeat(100_000),
      ImageID: digest("1"),
      Labels: { ...labels, "dockerhost.dev/enable": "y".repeat(100_000) },
    };
    const listed = await answering([JSON.stringify(entry)]);
    const [kept] = listed.ok ? listed.value : [];
    expect([kept?.name.length, (kept?.image.length ?? 0) < 2_000]).toEqual([256, true]);
    expect(Object.keys(kept?.labels ?? {})).toEqual(["dockerhost.dev/enable"]);
    expect(JSON.stringify(kept).length).toBeLessThan(5_000);
  });

  it.each([
    ["what is not a list", '{"a":1}', ""],
    ["a list that ends in the middle", '[{"Id":"a"', ""],
    ["an item that is not JSON", '[{"Id":]]', ""],
    ["an item of too many values", `[{"Id":[${"0,".repeat(60_000)}0]}]`, ""],
    ["a longer item than there can be", `["${"x".repeat(2_000_000)}"]`, ""],
    ["a wrong item after a good one", '[{"Id":"a","Image":"b","ImageID":"c"},7]', " (field 1)"],
    ["a wrong field", '[{"Id":"a","Image":7,"ImageID":"c"}]', " (field 0.Image)"],
  ])("refuses %s", async (_, body, where) => {
    const listed = await answeringText(body);
    expect(listed).toMatchObject({ ok: false, failure: { reason: "InvalidResponse" } });
    const problem = `answered /containers/json in a form that its API does not have${where}.`;
    expect(listed.ok ? "" : listed.failure.message).toContain(problem);
  });

  it("leaves nothing in names that steers a terminal", async () => {
    const entry = { Id: "a", Names: ["/web\x1b[2J\u009b31m"], Image: "app\u202e:1", ImageID: digest("1") };
    const listed = await answering([JSON.stringify(entry)]);
    expect(listed).toMatchObject({ value: [{ name: "web\ufffd[2J\ufffd31m", image: "app\ufffd:1" }] });
  });

  it("refuses an image id that no status could hold", async () => {
    const entry = { Id: "a", Image: "app", ImageID: "x".repeat(200) };
    const listed = await answering([JSON.stringify(entry)]);
    expect(listed).toMatchObject({ ok: false, failure: { reason: "InvalidResponse" } });
  });
});
