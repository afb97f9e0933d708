/** What goes out: the watcher of the heads, the tail of the feed, and who is told of a commit. */
import type { Registry } from "prom-client";
import { WakeUps } from "../db/wake-ups.ts";
import { CursorCodec } from "../feed/cursor.ts";
import type { Feed } from "../feed/feed.ts";
import { FeedReader } from "../feed/feed-reader.ts";
import { HeadsWatcher } from "../feed/heads-watcher.ts";
import { openFeed } from "../feed/open-feed.ts";
import type { EventWriter } from "../feed/record.ts";
import type { FeedTail } from "../feed/tail.ts";
import { eventOf } from "../inbound/rest/event-view.ts";
import { systemClock } from "../lib/clock.ts";
import { type TokenSigner, tokenSigner } from "../lib/signed-token.ts";
import { countFeedFailures, registerFeedMetrics } from "../telemetry/feed-metrics.ts";
import type { OnCommitted } from "../writer/finish-group.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

export interface FeedSide {
  readonly watcher: HeadsWatcher;
  readonly reader: FeedReader;
  readonly feed: Feed;
  readonly tail: FeedTail;
  readonly cursors: CursorCodec;
  readonly texts: EventWriter;
  readonly signer: TokenSigner;
  /** `source` of events. */
  readonly eventSource: string;
  /** Null where nothing stands behind the server. */
  readonly wakeUps: WakeUps | null;
  /** To be called when this process has committed something. */
  readonly committed: OnCommitted;
}

/** Puts the outgoing side together; nothing runs yet. */
export function openFeedSide(
  options: WriteSideOptions,
  registry: Registry,
  { database, installation, board }: WriteSide,
): FeedSide {
  const { clock = systemClock, logger } = options;
  const watcher = new HeadsWatcher(database, clock, (heads) => board.observe(heads));
  const signer = tokenSigner(installation.cursorSecret);
  const cursors = new CursorCodec(signer);
  const reader = new FeedReader(database, watcher);
  const eventSource = `/onhand/${installation.installationId}`;
  const texts: EventWriter = {
    cursorAt: cursors.fromVector.bind(cursors),
    write: (entry, cursor) => JSON.stringify(eventOf(entry, cursor, eventSource)),
  };
  const countFailure = countFeedFailures(registry);
  const {
    feed,
    tail,
    committed: handOver,
  } = openFeed(database, reader, watcher, texts, clock, (error) => {
    countFailure();
    logger.warn({ reason: error.message }, "the feed could not be read on; it is tried again");
  });
  const wakeUps = options.backend === undefined ? new WakeUps(options.target, clock, () => watcher.nudge()) : null;
  registerFeedMetrics(registry, {
    followers: () => tail.followerCount,
    ringEvents: () => tail.ring?.size ?? 0,
    entries: () => tail.counts,
    wakeUps: () => ({ sent: 0, received: 0, ...wakeUps?.counts, isListening: wakeUps?.isListening === true }),
  });
  const committed: OnCommitted = (entries) => {
    handOver(entries);
    wakeUps?.send();
  };
  return { watcher, reader, feed, tail, cursors, texts, signer, eventSource, wakeUps, committed };
}
