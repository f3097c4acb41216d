import type { Outcome } from "../../src/api/failure.ts";
import type { EngineAccess } from "../../src/replacement/request.ts";

type Send = () => Promise<Outcome<unknown>>;

/** The same daemon, of which each request passes `through` on its way: by the name of its method, with its arguments. */
export function intercepted(
  access: EngineAccess,
  through: (request: string, send: Send, isChange: boolean) => Promise<Outcome<unknown>>,
): EngineAccess {
  const part = <T extends object>(methods: T, isChange: boolean): T =>
    new Proxy(methods, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...args: readonly unknown[]) =>
          through(String(name), async () => (await Reflect.apply(method, target, args)) as Outcome<unknown>, isChange);
      },
    });
  return {
    details: part(access.details, false),
    changes: part(access.changes, true),
    [Symbol.dispose]: () => access[Symbol.dispose](),
  };
}
