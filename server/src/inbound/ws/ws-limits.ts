/** Limits of one WebSocket. The size of a message is in `host/socket.ts`. */
export const wsLimits = {
  /** How often the server pings. */
  heartbeatMs: 10_000,
  /** Pings without a sign of life after which the client is taken for dead. */
  missedPingsMax: 2,
  subscriptionsMax: 16,
  commandsInFlightMax: 64,
  /** Bytes that may wait for the client to read. */
  bufferedBytesMax: 1024 * 1024,
  /** How long a connection that is closing waits for answers under way and for its last words to be read. */
  closingMsMax: 2_000,
} as const;
