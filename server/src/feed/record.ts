/** One event of the feed as all readers share it: its texts are made when the first reader wants them, and once. */
import { eventTypes, subjectOfKind } from "@onhand/protocol/vocabulary";
import { evolve } from "../core/evolve.ts";
import { parseDetail } from "../core/record/entry-detail.ts";
import type { PositionVector } from "../core/record/position-vector.ts";
import type { FeedEntry } from "./feed-reader.ts";
import type { FilterSubject } from "./filter.ts";

/** Makes the texts of events. */
export interface EventWriter {
  /** @returns the signed cursor of a place */
  cursorAt(place: PositionVector): string;
  /** @returns the event as JSON text. @param cursor of the place behind it */
  write(entry: FeedEntry, cursor: string): string;
}

/** Characters that the event of a change of stock has, or some more. */
const changeWeight = 1_500;

export class FeedRecord implements FilterSubject {
  readonly feedEntry: FeedEntry;
  readonly locationGroups: readonly string[];
  readonly #writer: EventWriter;
  #channelId: string | null | undefined;
  #cursor: string | null = null;
  #json: string | null = null;

  constructor(feedEntry: FeedEntry, locationGroups: readonly string[], writer: EventWriter) {
    this.feedEntry = feedEntry;
    this.locationGroups = locationGroups;
    this.#writer = writer;
  }

  get type(): string {
    return eventTypes[this.feedEntry.entry.kind];
  }

  get productId(): string | null {
    return this.feedEntry.entry.productId;
  }

  get sku(): string | null {
    return this.feedEntry.sku;
  }

  get locationId(): string | null {
    return this.feedEntry.entry.locationId;
  }

  /** The channel that it is, or that it tells a number of. */
  get channelId(): string | null {
    if (this.#channelId === undefined) this.#channelId = channelOf(this.feedEntry.entry);
    return this.#channelId;
  }

  /** The order that changed, where no item did. */
  get orderId(): string | null {
    const { entry } = this.feedEntry;
    return subjectOfKind(entry.kind) === "order" ? (parseDetail(entry).order?.orderId ?? null) : null;
  }

  /** Where a reader stands that has read it. */
  get after(): PositionVector {
    return this.feedEntry.after;
  }

  /** The signed cursor behind it. */
  get cursor(): string {
    this.#cursor ??= this.#writer.cursorAt(this.after);
    return this.#cursor;
  }

  /** About how much memory it takes: catalogue and orders have documents of any size, changes of stock do not. */
  get weight(): number {
    const subject = subjectOfKind(this.feedEntry.entry.kind);
    return subject === "item" || subject === "channelLevel" ? changeWeight : this.json.length;
  }

  /** The CloudEvent as JSON text. */
  get json(): string {
    this.#json ??= this.#writer.write(this.feedEntry, this.cursor);
    return this.#json;
  }
}

function channelOf(entry: FeedEntry["entry"]): string | null {
  const subject = subjectOfKind(entry.kind);
  if (subject === "channelLevel") return parseDetail(entry).channelLevel?.channelId ?? null;
  if (subject !== "channel") return null;
  const effect = evolve(entry);
  return effect.kind === "channel" ? effect.channel.channelId : null;
}
