/** How fresh reads are: the cursor that an answer carries, and waiting until the database is where a caller needs it. */
import { isWithin } from "../core/record/position-vector.ts";
import type { Clock } from "../lib/clock.ts";
import type { CursorCodec } from "./cursor.ts";
import { type FeedReader, PositionLost } from "./feed-reader.ts";
import type { HeadsWatcher } from "./heads-watcher.ts";

export const freshnessLimits = {
  /** How long a read waits until the database has reached what it must not be older than. */
  waitMsMax: 2_000,
} as const;

/** What this process has seen committed. */
export interface SeenVector {
  /** @returns an encoded position vector, the same object for as long as nothing moves */
  seen(): Uint8Array;
}

export interface FreshnessOptions {
  readonly board: SeenVector;
  readonly cursors: CursorCodec;
  readonly reader: FeedReader;
  readonly watcher: HeadsWatcher;
  readonly clock: Clock;
}

export class Freshness {
  readonly #options: FreshnessOptions;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  /**
   * The cursor of what this process has seen committed. Taken before a read it is a lower bound of what is read, so the
   * feed misses nothing from there. It costs no query, and is made once for as long as nothing is committed.
   */
  cursor(): string {
    return this.#options.cursors.fromBytes(this.#options.board.seen());
  }

  /**
   * Waits until the database has reached a cursor.
   * @returns what came of it: `forged` is no cursor of this installation, `late` was not reached in time
   * @throws PositionLost when the cursor is of another history
   */
  async reach(cursor: string, signal: AbortSignal): Promise<"reached" | "late" | "forged"> {
    const { cursors, reader, watcher, clock } = this.#options;
    const wanted = cursors.parse(cursor);
    if (wanted === null) return "forged";
    const deadlineMs = clock.monotonicMs() + freshnessLimits.waitMsMax;
    for (;;) {
      const { vector: heads } = await watcher.read();
      const isAlike = wanted.epoch === heads.epoch && wanted.positions.length === heads.positions.length;
      if (!isAlike || isWithin(wanted, heads)) {
        // A place below the floor is as good as any: it has been reached.
        if (await reader.isOfThisHistory(wanted, heads)) return "reached";
        throw new PositionLost("The cursor belongs to another history of this database", await reader.beginning());
      }
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0 || signal.aborted || watcher.isStopped) return "late";
      await watcher.changed(heads, leftMs, signal);
    }
  }
}
