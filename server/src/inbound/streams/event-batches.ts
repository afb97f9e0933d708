/** Cuts events to the size of a write, and lets streams that write the same ones share what was made of them. */
import { hash } from "node:crypto";
import type { FeedFilter } from "../../feed/filter.ts";
import type { FeedRecord } from "../../feed/record.ts";
import { streamLimits } from "./stream-limits.ts";

/** Cuts off as many events as make one write. Always at least one. */
export function takeBatch(records: readonly FeedRecord[], max: number = records.length): readonly FeedRecord[] {
  let count = 0;
  for (let length = 0; count < records.length && count < max; count++) {
    length += records[count]!.json.length;
    if (length > streamLimits.writeBytesMax && count > 0) break;
  }
  return count === records.length ? records : records.slice(0, count);
}

/** Tells filters apart, briefly. */
export const filterKey = (filter: FeedFilter): string => hash("sha256", JSON.stringify(filter), "base64url");

interface Known<Written> {
  readonly key: string;
  readonly last: FeedRecord;
  readonly written: Written;
}

/**
 * Remembers what the latest batches became, by their first event. Streams that write the same ones do it at about the
 * same time, so few are enough; and readers at many different places must not fill the memory.
 */
export class SharedBatches<Written> {
  readonly #make: (records: readonly FeedRecord[], name: string) => Written;
  /** The oldest first; at most `sharedBatchesMax`. */
  readonly #known = new Map<FeedRecord, Known<Written>>();

  /** @param make what is written; it depends on the events and the name alone */
  constructor(make: (records: readonly FeedRecord[], name: string) => Written) {
    this.#make = make;
  }

  /** @param filter that the events went through, so that the first and the last of them tell which they are */
  of(records: readonly FeedRecord[], filter: string, name = ""): Written {
    const first = records[0]!;
    const last = records.at(-1)!;
    const key = `${filter}/${records.length}/${name}`;
    const known = this.#known.get(first);
    if (known !== undefined && known.key === key && known.last === last) return known.written;
    const written = this.#make(records, name);
    this.#known.delete(first);
    this.#known.set(first, { key, last, written });
    if (this.#known.size > streamLimits.sharedBatchesMax) this.#known.delete(this.#known.keys().next().value!);
    return written;
  }
}
