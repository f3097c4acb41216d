import { createHash } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";

/**
 * Runs `work` while nobody else on this machine holds the lock of that name; `onWait` is called when it must wait.
 * The lock is an abstract Unix socket: the kernel gives it back when its holder ends, however it ends, so there is no
 * stale lock to judge and no file to clear.
 */
export async function withLock<T>(name: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const address = lockAddress(name);
  let release = await tryAcquire(address);
  if (release === undefined) onWait();
  while (release === undefined) {
    await holderGone(address);
    release = await tryAcquire(address);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Abstract addresses hold 107 bytes, which a path may exceed. */
function lockAddress(name: string): string {
  return `\0dockerhost-operator-${createHash("sha256").update(name).digest("hex")}`;
}

/** Resolves to what gives the lock back, or to undefined when another holds it. */
function tryAcquire(address: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const waiters = new Set<Socket>();
    const server = createServer((waiter) => {
      waiters.add(waiter);
      // A waiter that was ended resets its connection; it no longer waits, and that is all there is to it.
      waiter.on("error", () => waiter.destroy());
      waiter.on("close", () => waiters.delete(waiter));
    });
    const release = () =>
      new Promise<void>((released) => {
        server.close(() => released());
        for (const waiter of waiters) waiter.destroy();
      });
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen({ path: address }, () => resolve(release));
  });
}

/** A connection to the holder lasts as long as the holder does. */
function holderGone(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path: address });
    // Refused: the holder went away in between.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve());
    socket.resume();
  });
}
