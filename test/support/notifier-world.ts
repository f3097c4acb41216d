import type { Change, ChangeKind } from "../../src/api/changes.ts";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { DockerHostStatus } from "../../src/api/status.ts";
import { hostOutbox } from "../../src/cli/outboxes.ts";
import type { Attempt } from "../../src/notify/attempt.ts";
import type { Message } from "../../src/notify/message.ts";
import { Notifier, type NotifierOptions } from "../../src/notify/notifier.ts";
import { keyOf } from "../../src/runtime/kube-object.ts";
import type { StatusSave } from "../../src/runtime/objects.ts";
import { Store } from "../../src/runtime/store.ts";
import { FakeClock } from "./fake-clock.ts";
import { MemoryLogger } from "./memory-logger.ts";

/** The API server of the tests: what is stored survives every notifier. */
export class NotifierWorld {
  readonly clock = new FakeClock();
  readonly logger = new MemoryLogger();
  readonly store = new Store<DockerHostObject>();
  readonly sent: Message[] = [];
  /** What the receiver answers next; by default, it takes everything. */
  answers: Attempt[] = [];
  /** Records that are not stored. */
  failingSaves = 0;
  saves = 0;
  readonly counted: string[] = [];
  readonly events: string[] = [];
  #version = 0;

  /** A new process, which starts with what is stored. */
  start(options: Partial<NotifierOptions> = {}): { readonly notifier: Notifier; stop(): Promise<void> } {
    const stop = new AbortController();
    const notifier = new Notifier({
      outboxes: [
        hostOutbox(this.store, {
          saveStatus: (host, _, part) => this.#save(host, part),
          recordEvent: (host, { reason, message }) =>
            void this.events.push(`${host.metadata.name} ${reason}: ${message}`),
        }),
      ],
      deliver: async (message) => {
        this.sent.push(message);
        return this.answers.shift() ?? { kind: "delivered", status: 200 };
      },
      from: "tests",
      windowMs: 10_000,
      graceMs: 5_000,
      clock: this.clock,
      random: () => 0,
      logger: this.logger,
      observer: {
        attempted: (result) => void this.counted.push(`attempted ${result}`),
        settled: (result, changes) => void this.counted.push(`${result} ${changes}`),
      },
      ...options,
    });
    const running = notifier.run(stop.signal);
    return {
      notifier,
      stop: async () => {
        stop.abort();
        await running;
      },
    };
  }

  /** A host changes, as its reconciler records it. */
  change(
    name: string,
    change: ChangeKind,
    { namespace = "fleet", number }: { namespace?: string; number?: number } = {},
  ) {
    const key = `${namespace}/${name}`;
    const before = this.store.get(key);
    const changes: Change[] = before?.status?.changes ?? [];
    const next = number ?? (changes.at(-1)?.number ?? 0) + 1;
    const at = new Date(this.clock.now()).toISOString();
    const news = { number: next, change, reason: "ConnectionRefused", message: `${name} ${change}`, at };
    const kept = changes.filter((each) => each.number > (before?.status?.notified?.connection ?? 0));
    this.put(namespace, name, { ...before?.status, changes: [...kept, news].slice(-8) });
  }

  put(namespace: string, name: string, status: DockerHostStatus): void {
    const metadata = { namespace, name, uid: `uid of ${namespace}/${name}`, generation: 1 };
    this.store.upsert({ metadata: { ...metadata, resourceVersion: String(++this.#version) }, status });
  }

  /** `HostLost edge-1` for each change of each message. */
  get messages(): readonly string[][] {
    return this.sent.map(({ changes }) => changes.map(({ change, name }) => `${change} ${name}`));
  }

  async #save(host: DockerHostObject, part: DockerHostStatus): Promise<StatusSave> {
    this.saves++;
    if (this.failingSaves-- > 0) throw new Error("the API server is away");
    const { namespace, name } = host.metadata;
    this.put(namespace, name, { ...this.store.get(keyOf(host))?.status, ...part });
    return "stored";
  }
}
