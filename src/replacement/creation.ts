import type { Outcome } from "../api/failure.ts";
import type { Change } from "./arrival.ts";
import type { Member, Step } from "./next-step.ts";
import type { Recreation } from "./recreate.ts";
import type { EngineAccess, ReplacementPhase } from "./request.ts";
import { placeName } from "./transaction-label.ts";

/** The part of a transaction that this needs. */
export interface Creating {
  readonly txn: string;
  readonly members: readonly Member[];
  change<T>(
    phase: ReplacementPhase,
    step: "Create",
    send: (access: EngineAccess) => Promise<Outcome<T>>,
  ): Promise<Change<T>>;
  created(member: Member, id: string): void;
}

type Recreate = (member: Member, newIds: ReadonlyMap<string, string>) => Outcome<Recreation>;

/** Creates new containers with their networks, and notices which of them are not complete. */
export class Creation {
  readonly #recreate: Recreate | undefined;
  readonly #around: <T>(member: Member, create: () => Promise<Change<T>>) => Promise<Change<T>>;
  readonly #half = new Set<string>();

  /**
   * @param recreate undefined for a transaction that was found on the daemon, which never creates a container
   * @param around what has to be true only meanwhile
   */
  constructor(
    recreate: Recreate | undefined,
    around: <T>(member: Member, create: () => Promise<Change<T>>) => Promise<Change<T>>,
  ) {
    this.#recreate = recreate;
    this.#around = around;
  }

  get isPossible(): boolean {
    return this.#recreate !== undefined;
  }

  /** Connects the networks before the container counts as created: without some of them, it must not be started. */
  async create(transaction: Creating, member: Member): Promise<Change<void>> {
    const existing = transaction.members.filter((each) => each.new.id !== "");
    const newIds = new Map(
      existing.flatMap((each) => [each.old.id, each.name].map((key) => [key, each.new.id] as const)),
    );
    const recreation = this.#recreate?.(member, newIds);
    if (recreation === undefined) throw new Error("a found transaction creates no container");
    if (!recreation.ok) return { kind: "refused", failure: recreation.failure };
    const { body, platform, networks } = recreation.value;
    const name = placeName(member.name, transaction.txn, "new");
    this.#half.add(member.name);
    const answer = await this.#around(member, () =>
      transaction.change("Replacing", "Create", ({ changes }) => changes.create(name, body, platform)),
    );
    if (answer.kind !== "done") return answer;
    const { id } = answer.value;
    transaction.created(member, id);
    for (const { network, endpoint } of networks) {
      const connected = await transaction.change("Replacing", "Create", ({ changes }) =>
        changes.connect(network, id, endpoint),
      );
      if (connected.kind !== "done") return connected;
    }
    this.#half.delete(member.name);
    return { kind: "done", value: undefined };
  }

  /**
   * Removes a new container whose creation was not answered to its end, before anything else: its networks are unknown,
   * so it is created again. That somebody has renamed it does not make it complete.
   */
  discard(members: readonly Member[]): Step | undefined {
    const member = members.find(({ name, new: { id } }) => id !== "" && this.#half.has(name));
    return member && { step: "RemoveNew", member };
  }
}
