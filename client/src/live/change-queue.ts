/**
 * Changes on their way to one reader that takes them at its own pace. Modes: open → ended (what is queued is still
 * handed out) → failed or finished.
 *
 * Full: past `queuedMax` the changes of an item are merged into one, from what the reader saw last to what is there
 * now. So the queue is never longer than `queuedMax` and one change for each item, and nothing is left out.
 */
import type { Change } from "./holdings.ts";

/** Changes that are queued one by one. */
export const queuedMax = 10_000;

export class ChangeQueue implements AsyncIterableIterator<Change, void, undefined> {
  readonly #queued = new Map<number, Change>();
  /** The newest queued change of each item, by item. */
  readonly #newest = new Map<string, number>();
  readonly #onReturn: (queue: ChangeQueue) => void;
  #next = 0;
  #waiting: Waiting[] = [];
  #ended: { readonly error: unknown } | null = null;

  constructor(onReturn: (queue: ChangeQueue) => void) {
    this.#onReturn = onReturn;
  }

  push(change: Change): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: change });
      return;
    }
    const key = `${change.productId}/${change.locationId}`;
    const queued = this.#queued.size >= queuedMax ? this.#newest.get(key) : undefined;
    if (queued !== undefined) {
      const merged = mergedChange(this.#queued.get(queued)!, change);
      if (merged !== null) this.#queued.set(queued, merged);
      else this.#drop(queued, key);
      return;
    }
    this.#queued.set(this.#next, change);
    this.#newest.set(key, this.#next);
    this.#next += 1;
  }

  /** @param error null when it ends as it should */
  end(error: unknown): void {
    this.#ended ??= { error };
    for (const waiting of this.#waiting.splice(0)) {
      if (error === null) waiting.resolve({ done: true, value: undefined });
      else waiting.reject(error);
    }
  }

  next(): Promise<IteratorResult<Change, void>> {
    const [first] = this.#queued;
    if (first !== undefined) {
      const [number, change] = first;
      this.#drop(number, `${change.productId}/${change.locationId}`);
      return Promise.resolve({ done: false, value: change });
    }
    if (this.#ended !== null) {
      const { error } = this.#ended;
      this.#ended = { error: null };
      return error === null ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    const { promise, ...waiting } = waitingReader();
    this.#waiting.push(waiting);
    return promise;
  }

  async return(): Promise<IteratorResult<Change, void>> {
    this.#queued.clear();
    this.#newest.clear();
    this.end(null);
    this.#onReturn(this);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #drop(number: number, key: string): void {
    this.#queued.delete(number);
    if (this.#newest.get(key) === number) this.#newest.delete(key);
  }
}

/** @returns one change in place of two; null when they cancel each other out */
function mergedChange(first: Change, second: Change): Change | null {
  const { previous } = first;
  const { item } = second;
  if (previous === null && item === null) return null;
  const kind = item === null ? "removed" : previous === null ? "added" : "changed";
  return { ...second, kind, previous, isRewound: first.isRewound || second.isRewound };
}

interface Waiting {
  resolve(result: IteratorResult<Change, void>): void;
  reject(error: unknown): void;
}

/** Promise.withResolvers is missing in Node 20. */
function waitingReader(): Waiting & { promise: Promise<IteratorResult<Change, void>> } {
  let waiting: Waiting | undefined;
  const promise = new Promise<IteratorResult<Change, void>>((resolve, reject) => {
    waiting = { resolve, reject };
  });
  return { promise, ...waiting! };
}
