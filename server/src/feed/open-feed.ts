/** Puts the parts of the feed together. */
import type { CommittedEntry } from "../core/record/committed-entry.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { Feed } from "./feed.ts";
import type { FeedReader } from "./feed-reader.ts";
import type { HeadsWatcher } from "./heads-watcher.ts";
import { LocationGroups } from "./location-groups.ts";
import type { EventWriter } from "./record.ts";
import { FeedTail } from "./tail.ts";

export interface OpenFeed {
  readonly feed: Feed;
  readonly tail: FeedTail;
  /** To be told what this process has committed, made only when somebody follows. */
  readonly committed: (entries: () => readonly CommittedEntry[] | null) => void;
}

/** @param reader of committed entries @param writer makes cursors and the texts of events @param failed is told of readings that are repeated */
export function openFeed(
  database: Queryable,
  reader: FeedReader,
  watcher: HeadsWatcher,
  writer: EventWriter,
  clock: Clock,
  failed: (error: Error) => void,
): OpenFeed {
  const groups = new LocationGroups(database);
  const tail = new FeedTail({ reader, watcher, groups, writer, clock, failed });
  return {
    feed: new Feed({ tail, reader, groups, writer, clock }),
    tail,
    committed(entries) {
      const handed = tail.isFollowing ? entries() : null;
      if (handed === null || !tail.handOver(handed)) watcher.nudge();
    },
  };
}
