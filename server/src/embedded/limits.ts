/** Every bound of the embedded database's supervisor. Times are milliseconds. */
export const LIMITS = {
  /** A server that was killed replays up to max_wal_size of journal before it answers. */
  startMs: 600_000,
  /** After this long, the wait for a start is explained to the operator. */
  startQuietMs: 5_000,
  /** Ports and shared memory of a server that just died may need a moment. */
  startAttemptsMax: 8,
  connectMs: 2_000,
  /** Fast shutdown ends sessions and writes a checkpoint; with 4 GB of journal on a slow disk that takes a while. */
  fastStopMs: 60_000,
  /** Immediate shutdown writes nothing; the server recovers at its next start. */
  immediateStopMs: 10_000,
  guardStopMs: 1_000,
  /** initdb writes and syncs about 40 MB. */
  programMs: 180_000,
  programOutputCharsMax: 64_000,
  pollMinMs: 5,
  pollMaxMs: 250,
  heartbeatMs: 1_000,
  /** An owner on another machine or in another container counts as gone after this long without a heartbeat. */
  foreignOwnerMs: 10_000,
  /** An owner file that cannot be read may be one that is being written. */
  unreadableOwnerMs: 500,
  claimAttemptsMax: 50,
  logTailLinesMax: 20,
  logTailBytesMax: 16_384,
  logBytesMax: 16 * 1024 * 1024,
  /** sun_path holds 104 bytes on macOS and 108 on Linux, with the final zero. */
  socketPathBytesMax: 103,
} as const;

if (LIMITS.foreignOwnerMs < 5 * LIMITS.heartbeatMs) {
  throw new Error("LIMITS.foreignOwnerMs must allow for several missed heartbeats");
}
