/** The change feed as its consumers see it: open a follower at a place and ask it for what comes next. */
import type { PositionVector } from "../core/position-vector.ts";
import type { FeedReader } from "./feed-reader.ts";
import { compileFilter, type FeedFilter, type FilterTest } from "./filter.ts";
import type { HeadsWatcher } from "./heads-watcher.ts";
import { type EventWriter, FeedRecord } from "./record.ts";

export const feedLimits = {
  /** Events that a follower hands out at once. */
  batchRecordsMax: 1_000,
} as const;

export interface NextOptions {
  /** Most events to hand out, up to `feedLimits.batchRecordsMax`. */
  readonly max: number;
  /** How long to wait when nothing that the filter lets pass is there. */
  readonly waitMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** A reader of the feed with its place. It takes what it wants when it wants it: one that is slow costs nobody else. */
export interface Follower {
  /** Everything up to here was handed out or did not pass the filter. */
  readonly position: PositionVector;
  /** The signed cursor of `position`. */
  cursor(): string;
  /**
   * What comes next, in order; one call at a time. Empty when the wait was over: the position may have moved all the
   * same, past events that the filter does not let pass. @throws PositionLost when the place is no longer there
   */
  next(options: NextOptions): Promise<readonly FeedRecord[]>;
  close(): void;
}

export class Feed {
  readonly #reader: FeedReader;
  readonly #watcher: HeadsWatcher;
  readonly #writer: EventWriter;

  constructor(reader: FeedReader, watcher: HeadsWatcher, writer: EventWriter) {
    this.#reader = reader;
    this.#watcher = watcher;
    this.#writer = writer;
  }

  /** @throws PositionLost when the place is not of this history, ahead of it, or past retention */
  async follow(from: PositionVector, filter: FeedFilter): Promise<Follower> {
    await this.#reader.read(from, 1);
    return new JournalFollower(this.#reader, this.#watcher, this.#writer, from, compileFilter(filter));
  }
}

class JournalFollower implements Follower {
  readonly #reader: FeedReader;
  readonly #watcher: HeadsWatcher;
  readonly #writer: EventWriter;
  readonly #test: FilterTest | null;
  position: PositionVector;

  constructor(
    reader: FeedReader,
    watcher: HeadsWatcher,
    writer: EventWriter,
    from: PositionVector,
    test: FilterTest | null,
  ) {
    this.#reader = reader;
    this.#watcher = watcher;
    this.#writer = writer;
    this.#test = test;
    this.position = from;
  }

  cursor(): string {
    return this.#writer.cursorAt(this.position);
  }

  async next({ max, waitMs, signal }: NextOptions): Promise<readonly FeedRecord[]> {
    for (let hasWaited = false; ; hasWaited = true) {
      const page = await this.#reader.read(this.position, max);
      this.position = page.next;
      const records = page.entries.map((entry) => new FeedRecord(entry, [], this.#writer));
      const test = this.#test;
      const wanted = test === null ? records : records.filter((record) => test(record));
      if (wanted.length > 0 || signal.aborted || this.#watcher.isStopped) return wanted;
      if (page.entries.length > 0) continue;
      if (hasWaited || waitMs === 0) return [];
      await this.#watcher.changed(this.position, waitMs, signal);
    }
  }

  close(): void {}
}
