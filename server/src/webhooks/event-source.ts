/** Events for webhooks: as they are read from the feed, and one by one again from the journal for a replay. */
import { eventTypes } from "@onhand/protocol/vocabulary";
import { genesisHash } from "../core/record/chain.ts";
import { checkOf, decodeVector, encodeVector, type PositionVector } from "../core/record/position-vector.ts";
import type { Queryable } from "../db/pool.ts";
import type { Feed } from "../feed/feed.ts";
import { PositionLost } from "../feed/feed-reader.ts";
import { everything, type FeedFilter } from "../feed/filter.ts";
import type { Follower } from "../feed/follower.ts";
import type { EventWriter, FeedRecord } from "../feed/record.ts";
import { hashesAt } from "../feed/sql/feed.ts";
import { itemKeyOf, partsOfItemKey } from "./item-key.ts";
import type { Arrival, Lane } from "./plan/intake.ts";

/** Where an event lies in the journal, and where a reader stands that has read it. */
export interface EventPlace {
  readonly itemKey: string;
  readonly partition: number;
  readonly entrySequence: number;
  readonly position: Uint8Array;
}

export interface Remade {
  readonly body: string;
  readonly traceparent: string | null;
}

/** Events of locations and channels themselves, which are all of the control partition. */
const controlTypes = Object.values(eventTypes).filter(
  (type) => type.startsWith("location.") || (type.startsWith("channel.") && type !== "channel.availability.v1"),
);

const idAtStart = /^\{"specversion":"1\.0","id":"([^"\\]{1,128})"/;

/** The `id` of a CloudEvent; all of ours begin with it. */
function eventIdOf(json: string): string {
  return idAtStart.exec(json)?.[1] ?? (JSON.parse(json) as { id: string }).id;
}

/** An event of the feed as webhooks see it. */
export function arrivalOf(record: FeedRecord): Arrival {
  const { entry } = record.feedEntry;
  const body = record.json;
  return {
    eventId: eventIdOf(body),
    itemKey: itemKeyOf(record),
    productId: record.productId,
    locationId: record.locationId,
    type: record.type,
    partition: entry.partition,
    entrySequence: entry.sequence,
    position: encodeVector(record.after),
    traceparent: entry.traceparent,
    body,
  };
}

export class EventSource {
  readonly #feed: Feed;
  readonly #writer: EventWriter;
  readonly #database: Queryable;

  constructor(feed: Feed, writer: EventWriter, database: Queryable) {
    this.#feed = feed;
    this.#writer = writer;
    this.#database = database;
  }

  /** @throws PositionLost */
  follow(from: PositionVector, filter: FeedFilter): Promise<Follower> {
    return this.#feed.follow(from, filter);
  }

  /** Follows one item of a subscription from where its lane was parked. @throws PositionLost */
  followLane(lane: Lane, filter: FeedFilter): Promise<Follower> {
    return this.#feed.follow(vectorOf(lane.position), {
      ...filter,
      ...(lane.productId === null ? {} : { productIds: [lane.productId] }),
      ...(lane.locationId === null ? {} : { locationIds: [lane.locationId] }),
    });
  }

  /** The signed cursor of a place. */
  cursorOf(position: Uint8Array): string {
    return this.#writer.cursorAt(vectorOf(position));
  }

  /** Makes an event's text again, as it was but for texts that were erased since. @returns null when it can no longer be read */
  async remake(place: EventPlace, signal: AbortSignal): Promise<Remade | null> {
    const after = vectorOf(place.position);
    const positions = after.positions.with(place.partition, place.entrySequence - 1);
    const { rows } = await this.#database.query<{ partition: number; hash: Buffer }>(hashesAt(positions));
    const hashes: Uint8Array[] = positions.map(() => genesisHash);
    for (const { partition, hash } of rows) hashes[partition] = hash;
    const { productId, locationId } = partsOfItemKey(place.itemKey);
    const filter = {
      ...everything,
      productIds: productId === null ? [] : [productId],
      locationIds: locationId === null ? [] : [locationId],
      // What products have at a location or on a channel is of other partitions, and may be of an earlier time.
      types: productId === null ? controlTypes : [],
    };
    try {
      const follower = await this.#feed.follow({ epoch: after.epoch, positions, check: checkOf(hashes) }, filter);
      try {
        // Within its partition it is the very next one, so it is the first that passes.
        const [record] = await follower.next({ max: 1, waitMs: 0, signal });
        const entry = record?.feedEntry.entry;
        if (record === undefined || entry?.sequence !== place.entrySequence) return null;
        return {
          body: this.#writer.write(record.feedEntry, this.cursorOf(place.position)),
          traceparent: entry.traceparent,
        };
      } finally {
        follower.close();
      }
    } catch (error) {
      if (error instanceof PositionLost) return null;
      throw error;
    }
  }
}

function vectorOf(position: Uint8Array): PositionVector {
  const vector = decodeVector(position);
  if (vector === null) throw new Error("a stored position cannot be read");
  return vector;
}
