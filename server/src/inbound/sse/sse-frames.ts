/** What is written to a stream of server-sent events, byte by byte. */
import type { FeedRecord } from "../../feed/record.ts";
import type { EndReason } from "../streams/stream-limits.ts";

const encoder = new TextEncoder();

const placeLine = (cursor: string, isCaughtUp: boolean): string =>
  `id: ${cursor}\nevent: progress\ndata: {"cursor":"${cursor}","caughtUp":${isCaughtUp}}\n\n`;

/** The first bytes: when to come back, and where the stream begins. */
export const openingFrame = (cursor: string, retryMs: number): Uint8Array =>
  encoder.encode(`retry: ${retryMs}\n\n${placeLine(cursor, false)}`);

/** Everything up to here was written or did not pass the filter; when caught up, that is all there is. */
export const progressFrame = (cursor: string, isCaughtUp: boolean): Uint8Array =>
  encoder.encode(placeLine(cursor, isCaughtUp));

/** Tells proxies that the connection is in use. */
export const keepAliveFrame = (): Uint8Array => encoder.encode(": keep-alive\n\n");

/** Events have no `event:` line, so that `onmessage` gets them. JSON text has no line breaks. */
export const eventFrames = (records: readonly FeedRecord[]): Uint8Array<ArrayBuffer> =>
  encoder.encode(records.map(({ cursor, json }) => `id: ${cursor}\ndata: ${json}\n\n`).join(""));

/** The last bytes: why, where to go on, and when. */
export const closingFrame = (reason: EndReason, cursor: string, retryMs: number): Uint8Array =>
  encoder.encode(
    `retry: ${retryMs}\nid: ${cursor}\nevent: closing\ndata: ${JSON.stringify({ reason, cursor, retryMs })}\n\n`,
  );
