/**
 * What a stream has to write next: takes events from its follower and cuts them to the size of a write. Encoded batches
 * are shared by all streams of a kind that write the same ones.
 */
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

interface Encoded {
  readonly key: string;
  readonly last: FeedRecord;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Remembers the encoded form of a batch by its first event, for as long as that lives. */
export class SharedBatches {
  readonly #encode: (records: readonly FeedRecord[], key: string) => Uint8Array<ArrayBuffer>;
  readonly #known = new WeakMap<FeedRecord, Encoded>();

  /** @param encode makes what is written; what `key` says must be all that it depends on besides the events */
  constructor(encode: (records: readonly FeedRecord[], key: string) => Uint8Array<ArrayBuffer>) {
    this.#encode = encode;
  }

  /** @param filter that the events went through @param key as `encode` takes it */
  bytesOf(records: readonly FeedRecord[], filter: string, key = ""): Uint8Array<ArrayBuffer> {
    const first = records[0]!;
    const last = records.at(-1)!;
    const whole = `${filter}/${records.length}/${key}`;
    const known = this.#known.get(first);
    if (known !== undefined && known.key === whole && known.last === last) return known.bytes;
    const bytes = this.#encode(records, key);
    this.#known.set(first, { key: whole, last, bytes });
    return bytes;
  }
}
