/** Limits of every stream, whatever it is carried by. */
export const streamLimits = {
  /** Events that are asked of the feed at once. */
  batchEventsMax: 256,
  /** Bytes of events in one write, unless a single event is larger. */
  writeBytesMax: 64 * 1024,
  /** Writes that are kept for other streams that write the same, for each transport. */
  sharedBatchesMax: 64,
  /** A client that does not take what was written to it is closed after this time. */
  unreadMsMax: 5_000,
  /** How often a reader is told its place while nothing that it asked for happens. */
  progressMs: 5_000,
  /** Silence after which a server-sent comment keeps the connection open. */
  keepAliveMs: 15_000,
  /** Pause before a read of the feed that failed is repeated. */
  readAgainMs: 1_000,
  /** When clients are to come back, at random in between. */
  retryMsMin: 1_000,
  retryMsMax: 5_000,
  /** Reconnects per second that a shutdown spreads its clients to, over no less than a second. */
  reconnectsPerSecond: 500,
  reconnectSpreadMsMin: 1_000,
  /** Values in one list of a filter. */
  filterValuesMax: 100,
} as const;

/** Why the server ends a stream. */
export type EndReason = "shutdown" | "slow_reader" | "expired" | "revoked";

/** @returns when a client is to come back, in milliseconds; at random so that they do not come together */
export function retryMs(random: () => number, spreadMs = streamLimits.retryMsMax - streamLimits.retryMsMin): number {
  return Math.round(streamLimits.retryMsMin + random() * spreadMs);
}
