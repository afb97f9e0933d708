/** Every fixed limit of jobs, with its unit in its name. */
export const jobLimits = {
  /** Jobs that have not ended, over all servers. */
  openMax: 100,
  /** Jobs that a server works on at once; the others wait their turn. */
  atOnceMax: 2,
  /** Chunks of rows that are under way at a time in one job, and those of one turn before another job has one. */
  chunksInFlightMax: 8,
  chunksPerTurn: 40,
  rowsPerChunk: 500,
  /** Bytes of rows of one job that may wait; then its upload waits for the journal, but not for ever. */
  waitingBytesMax: 64 * 1024 * 1024,
  roomLookMs: 250,
  roomWaitMsMax: 60_000,
  /** A server that comes no step further for so long loses the job. */
  leaseMs: 15_000,
  /** How often jobs are looked for when nobody tells of one. */
  lookMs: 500,
  /** Pause after a failure, and how many end the job. */
  failurePauseMs: 1_000,
  failuresMax: 10,
  /** An upload that does not go on for so long is given up. */
  abandonedDays: 1,
  /** How long the verdicts of a job that has ended are kept. */
  keptDays: 7,
} as const;
