/**
 * What the harness tells the readers of the feed, and what it hears back.
 *
 * The readers are a process of their own, apart from whoever writes. It takes one job as JSON in its arguments and orders as
 * lines of JSON on its standard input, and writes one JSON object per line: `ready` when every reader stands at the end of
 * the feed, `finished` with the result.
 */

import type { LatencySummary, WriteAnswer } from "../load/job.ts";

/** One run of the readers. */
export interface ReaderJob {
  /** Base address of the server, without a path. */
  readonly url: string;
  readonly bearer: string;
  /** Server-sent events, or one poll after the other that waits. */
  readonly kind: "stream" | "poll";
  readonly readers: number;
  /** Streams beside them that are opened and never read; they come back when the server closes them. */
  readonly silentReaders: number;
  /** Query of the filter, such as `productId=none`; empty for everything. */
  readonly filter: string;
}

/** A line on the readers' standard input. */
export type ReaderOrder =
  /** The measured window begins or ends. */
  | { readonly order: "begin" }
  | { readonly order: "end" }
  | {
      readonly order: "finish";
      /** Events that every reader has to have seen since it began. */
      readonly expectedEvents: number;
      /** Writes of the measured window: delays are counted from them. Empty when nobody noted them. */
      readonly answers: readonly WriteAnswer[];
    };

/** Delays over all deliveries of the window's events, by where they are counted from. */
export interface Delays {
  /** From when the writer had the answer; deliveries that were faster than it count as 1 µs. */
  readonly fromAnswer: LatencySummary;
  /** From when the writer sent the request. */
  readonly fromRequest: LatencySummary;
  /** From the event's `recordedAt`, which has whole milliseconds. */
  readonly fromRecorded: LatencySummary;
}

/** The outcome of one job. */
export interface ReaderResult {
  readonly windowSeconds: number;
  /** Events handed to readers inside the window, and bytes read by them, framing included. */
  readonly deliveries: number;
  readonly bytes: number;
  /** Null when no writes were noted. */
  readonly delays: Delays | null;
  /** Share of the window's deliveries within a second of `recordedAt`, 0 to 1; null when no writes were noted. */
  readonly withinSecondShare: number | null;
  /** Readers that did not see every event once and in order, with the first such complaint. */
  readonly wrongReaders: number;
  readonly complaint: string | null;
  /** Events that the slowest reader saw. */
  readonly eventsSeenMin: number;
  /** Connections that were lost and opened again; those of silent readers apart. */
  readonly reconnects: number;
  readonly silentReconnects: number;
  /** An event as it was sent, frame and all, so that another server can send the like. */
  readonly sample: string | null;
}

/** A line on the readers' standard output. */
export type ReaderMessage = { readonly phase: "ready" } | { readonly phase: "finished"; readonly result: ReaderResult };
