/**
 * The events of one run as bytes, as whichever reader is first gets them. All others get the same bytes, so that they only
 * have to be compared, at the speed of memory, and the facts of an event are read once and not once per reader.
 *
 * For every event it keeps when each reader had it: as an offset from when the first one had.
 */

import { type EventFacts, factsOf } from "./event-text.ts";
import type { Framing } from "./frames.ts";

const BYTES_AT_FIRST = 1 << 20;

/** An event of the log. */
export interface LoggedEvent extends EventFacts {
  /** End of its frame in the log. */
  readonly end: number;
  readonly firstSeenAtMs: number;
  /** By reader: milliseconds from `firstSeenAtMs`, and one more; 0 for one that has not seen it. */
  readonly seenAfterMs: Float32Array;
}

export class EventLog {
  readonly events: LoggedEvent[] = [];
  readonly framing: Framing;
  /** The first thing that was wrong with the log itself. */
  complaint: string | null = null;
  readonly #readers: number;
  readonly #indexes = new Map<string, number>();
  readonly #sequences = new Map<number, number>();
  #bytes = Buffer.alloc(BYTES_AT_FIRST);
  #length = 0;

  constructor(framing: Framing, readers: number) {
    this.framing = framing;
    this.#readers = readers;
  }

  get length(): number {
    return this.#length;
  }

  /** Where the frame of an event begins. */
  startOf(index: number): number {
    return index === 0 ? 0 : this.events[index - 1]!.end;
  }

  slice(start: number, end: number): Buffer {
    return this.#bytes.subarray(start, end);
  }

  /** Whether the log holds these bytes at an offset. */
  holds(offset: number, bytes: Buffer): boolean {
    return this.#bytes.compare(bytes, 0, bytes.length, offset, offset + bytes.length) === 0;
  }

  /** The event of a position, if it is in the log. */
  indexOf(partition: number, sequence: number): number | null {
    return this.#indexes.get(`${partition}/${sequence}`) ?? null;
  }

  /** Appends one whole event frame, first seen now. */
  append(frame: Buffer, nowMs: number): void {
    const end = this.#length + frame.length;
    while (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    frame.copy(this.#bytes, this.#length);
    this.#length = end;
    const facts = factsOf(frame.toString("latin1"));
    const last = this.#sequences.get(facts.partition);
    if (last !== undefined && facts.sequence !== last + 1)
      this.complaint ??= `after ${last} of partition ${facts.partition} came ${facts.sequence}`;
    this.#sequences.set(facts.partition, facts.sequence);
    this.#indexes.set(`${facts.partition}/${facts.sequence}`, this.events.length);
    this.events.push({ ...facts, end, firstSeenAtMs: nowMs, seenAfterMs: new Float32Array(this.#readers) });
  }

  /** Notes that a reader has an event. */
  seen(index: number, reader: number, nowMs: number): void {
    const event = this.events[index]!;
    event.seenAfterMs[reader] = Math.max(nowMs - event.firstSeenAtMs, 0) + 1;
  }
}
