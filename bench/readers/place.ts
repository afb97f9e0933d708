/**
 * One reader's place in the log, and the proof that it sees every event once and in order.
 *
 * Modes: following the log (its bytes are compared with it; the reader that is first extends it) ⇄ on its own. A reader that
 * has fallen out of the server's memory reads the journal, which keeps the order of every partition and not the order across
 * them: on its own, it is held against the order of each partition until it stands where the log was once as a whole.
 */

import type { EventLog } from "./event-log.ts";
import { type EventFacts, factsOf } from "./event-text.ts";

const NOTHING = Buffer.alloc(0);

interface OnItsOwn {
  /** The last sequence by partition. */
  readonly sequences: Map<number, number>;
  /** Events of the log up to the last of them that was seen: as many as were seen means that all of those were. */
  reach: number;
  /** Seen before any reader on the log had them. */
  unknown: { readonly partition: number; readonly sequence: number; readonly nowMs: number }[];
}

export class Place {
  /** Events seen so far. */
  eventsSeen = 0;
  /** The first thing that was wrong. */
  complaint: string | null = null;
  readonly #log: EventLog;
  readonly #reader: number;
  /** Event of the log that comes next. */
  #next = 0;
  /** Bytes of the next event that were compared already. */
  #matched = 0;
  /** Bytes that make no whole frame yet, when they are not those of the log. */
  #rest: Buffer = NOTHING;
  #own: OnItsOwn | null = null;

  constructor(log: EventLog, reader: number) {
    this.#log = log;
    this.#reader = reader;
  }

  /** Forgets a frame that was cut off by the loss of its connection. */
  cutOff(): void {
    this.#matched = 0;
    this.#rest = NOTHING;
  }

  /** The last event frame that was seen whole, if it is one of the log. */
  lastFrame(): Buffer | null {
    const log = this.#log;
    return this.#next === 0 ? null : log.slice(log.startOf(this.#next - 1), log.startOf(this.#next));
  }

  /** Takes bytes as they come; they are not retained. */
  feed(bytes: Buffer, nowMs: number): void {
    const start = this.#own === null && this.#rest.length === 0 ? this.#compare(bytes, nowMs) : 0;
    if (start < bytes.length) this.#byFrame(bytes.subarray(start), nowMs);
  }

  /** Goes along the log for as long as the bytes are its own. @returns how many were, or had to be kept for later */
  #compare(bytes: Buffer, nowMs: number): number {
    const log = this.#log;
    const offset = log.startOf(this.#next) + this.#matched;
    const common = Math.min(bytes.length, log.length - offset);
    if (common === 0) return 0;
    if (!log.holds(offset, common === bytes.length ? bytes : bytes.subarray(0, common))) {
      // Whole frames are looked at one by one from here on, beginning with the one that differs.
      const start = log.startOf(this.#next);
      if (this.#matched > 0) this.#rest = Buffer.from(log.slice(start, offset));
      this.#matched = 0;
      return 0;
    }
    this.#advance(offset + common, nowMs);
    return common;
  }

  #advance(offset: number, nowMs: number): void {
    const { events } = this.#log;
    while (this.#next < events.length && events[this.#next]!.end <= offset) {
      this.#log.seen(this.#next++, this.#reader, nowMs);
      this.eventsSeen++;
    }
    this.#matched = offset - this.#log.startOf(this.#next);
  }

  #byFrame(bytes: Buffer, nowMs: number): void {
    const { framing } = this.#log;
    let rest = bytes;
    if (this.#rest.length > 0) {
      rest = Buffer.concat([this.#rest, bytes]);
      this.#rest = NOTHING;
    }
    for (;;) {
      const end = rest.indexOf(framing.end);
      if (end < 0) break;
      const frame = rest.subarray(0, end + framing.end.length);
      rest = rest.subarray(frame.length);
      if (framing.isEvent(frame)) this.#event(frame, nowMs);
    }
    if (rest.length > 0) this.#rest = Buffer.from(rest);
  }

  #event(frame: Buffer, nowMs: number): void {
    const log = this.#log;
    if (this.#own === null) {
      if (this.#next === log.events.length) {
        log.append(frame, nowMs);
        this.#advance(log.length, nowMs);
        return;
      }
      const start = log.startOf(this.#next);
      if (frame.length === log.events[this.#next]!.end - start && log.holds(start, frame)) {
        this.#advance(start + frame.length, nowMs);
        return;
      }
      this.#own = { sequences: this.#sequences(), reach: this.#next, unknown: [] };
    }
    this.#onItsOwn(factsOf(frame.toString("latin1")), this.#own, nowMs);
  }

  #onItsOwn({ partition, sequence }: EventFacts, own: OnItsOwn, nowMs: number): void {
    const last = own.sequences.get(partition);
    if (last !== undefined && sequence !== last + 1)
      this.complaint ??= `after ${last} of partition ${partition} came ${sequence}`;
    own.sequences.set(partition, sequence);
    this.eventsSeen++;
    own.unknown.push({ partition, sequence, nowMs });
    own.unknown = own.unknown.filter((event) => !this.#isInLog(event, own));
    if (own.unknown.length > 0 || this.eventsSeen !== own.reach) return;
    this.#next = own.reach;
    this.#own = null;
  }

  #isInLog({ partition, sequence, nowMs }: OnItsOwn["unknown"][number], own: OnItsOwn): boolean {
    const index = this.#log.indexOf(partition, sequence);
    if (index === null) return false;
    this.#log.seen(index, this.#reader, nowMs);
    own.reach = Math.max(own.reach, index + 1);
    return true;
  }

  /** The last sequence of each partition before the next event of the log. */
  #sequences(): Map<number, number> {
    const sequences = new Map<number, number>();
    for (const { partition, sequence } of this.#log.events.slice(0, this.#next)) sequences.set(partition, sequence);
    return sequences;
  }
}
