/**
 * A run of readers. Modes: opening → reading → awaiting the last events → finished. The harness begins and ends the measured
 * window; what was delivered inside it is counted, and afterwards every reader is awaited until it has seen everything.
 */

import { delaysOf } from "./delays.ts";
import { EventLog } from "./event-log.ts";
import { POLL_FRAMING, STREAM_FRAMING } from "./frames.ts";
import type { ReaderJob, ReaderOrder, ReaderResult } from "./job.ts";
import { Place } from "./place.ts";
import { PollReader } from "./poll-reader.ts";
import type { FeedReader, ReaderContext } from "./reader.ts";
import { SilentReader } from "./silent-reader.ts";
import { StreamReader } from "./stream-reader.ts";

/** Longest wait for the last events. */
const LAST_EVENTS_MS_MAX = 30_000;
const LOOK_MS = 20;
const OPEN_AT_ONCE = 50;
/** Lost connections per reader after which a run gives up. */
const LOST_PER_READER_MAX = 20;

/** The readers of one job. */
export class ReadRun {
  readonly #job: ReaderJob;
  readonly #log: EventLog;
  readonly #places: Place[];
  readonly #failure = Promise.withResolvers<never>();
  #readers: FeedReader[] = [];
  #isFinished = false;
  #bytes = 0;
  #reconnects = 0;
  #silentReconnects = 0;
  #begin = { events: 0, bytes: 0, atMs: 0 };
  #end = { events: 0, bytes: 0, atMs: 0 };

  constructor(job: ReaderJob) {
    this.#job = job;
    this.#failure.promise.catch(() => undefined);
    this.#log = new EventLog(job.kind === "poll" ? POLL_FRAMING : STREAM_FRAMING, job.readers);
    this.#places = Array.from({ length: job.readers }, (_, reader) => new Place(this.#log, reader));
  }

  /** Opens all readers; resolves when they stand at the end of the feed. */
  async open(): Promise<void> {
    const context: ReaderContext = {
      job: this.#job,
      onBytes: (count) => {
        this.#bytes += count;
      },
      onLost: (cause) => this.#lost(cause, "reading"),
      onFailure: (error) => this.#failure.reject(error),
    };
    const cursor = this.#job.kind === "poll" ? await this.#endOfFeed() : "";
    const readers = this.#places.map((place) =>
      this.#job.kind === "poll" ? new PollReader(context, place, cursor) : new StreamReader(context, place),
    );
    const silentContext = { ...context, onLost: (cause: string) => this.#lost(cause, "silent") };
    const silent = Array.from({ length: this.#job.silentReaders }, () => new SilentReader(silentContext));
    this.#readers = [...silent, ...readers];
    for (let start = 0; start < this.#readers.length; start += OPEN_AT_ONCE) {
      const some = this.#readers.slice(start, start + OPEN_AT_ONCE);
      await Promise.race([Promise.all(some.map((reader) => reader.open())), this.#failure.promise]);
    }
  }

  /** The measured window begins. */
  begin(): void {
    this.#begin = this.#count();
  }

  /** The measured window ends. */
  end(): void {
    this.#end = this.#count();
  }

  /** Awaits the last events and sums up. */
  async finish({ expectedEvents, answers }: Extract<ReaderOrder, { order: "finish" }>): Promise<ReaderResult> {
    const endsAtMs = performance.now() + LAST_EVENTS_MS_MAX;
    const isComplete = (): boolean => this.#places.every((place) => place.eventsSeen >= expectedEvents);
    while (!isComplete() && performance.now() < endsAtMs)
      await Promise.race([Bun.sleep(LOOK_MS), this.#failure.promise]);
    this.#isFinished = true;
    const wrong = this.#places.flatMap(({ eventsSeen, complaint }, reader) => {
      if (complaint !== null) return [`reader ${reader}: ${complaint}`];
      return eventsSeen === expectedEvents ? [] : [`reader ${reader} saw ${eventsSeen} of ${expectedEvents} events`];
    });
    const { delays, withinSecondShare } =
      answers.length === 0 ? { delays: null, withinSecondShare: null } : delaysOf(this.#log, answers);
    const sample = this.#log.events.length === 0 ? null : this.#log.slice(0, this.#log.startOf(1)).toString();
    return {
      windowSeconds: (this.#end.atMs - this.#begin.atMs) / 1000,
      deliveries: this.#end.events - this.#begin.events,
      bytes: this.#end.bytes - this.#begin.bytes,
      ...{ delays, withinSecondShare, sample },
      wrongReaders: this.#log.complaint === null ? wrong.length : this.#job.readers,
      complaint: this.#log.complaint ?? wrong[0] ?? null,
      eventsSeenMin: Math.min(...this.#places.map((place) => place.eventsSeen)),
      ...{ reconnects: this.#reconnects, silentReconnects: this.#silentReconnects },
    };
  }

  /** Rejects when the run cannot go on. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  #count() {
    const events = this.#places.reduce((sum, place) => sum + place.eventsSeen, 0);
    return { events, bytes: this.#bytes, atMs: performance.now() };
  }

  #lost(cause: string, kind: "reading" | "silent"): boolean {
    if (this.#isFinished) return false;
    if (kind === "silent") this.#silentReconnects++;
    else this.#reconnects++;
    const isTooMuch = this.#reconnects + this.#silentReconnects > LOST_PER_READER_MAX * this.#readers.length;
    if (isTooMuch) this.#failure.reject(new Error(`too many connections were lost, the last one because ${cause}`));
    return !isTooMuch;
  }

  /** The cursor of the end of the feed: a stream says it first. */
  async #endOfFeed(): Promise<string> {
    const response = await fetch(`${this.#job.url}/v1/inventory/stream`, {
      headers: { Authorization: `Bearer ${this.#job.bearer}` },
    });
    const reader = response.body!.getReader();
    let text = "";
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += Buffer.from(chunk.value).toString("latin1");
      const cursor = /^id: (\S+)\n/m.exec(text)?.[1];
      if (cursor === undefined) continue;
      await reader.cancel();
      return cursor;
    }
    throw new Error(`the stream ended before it said where it begins: ${text.slice(0, 200)}`);
  }
}
