/** Every fixed limit of the import, with its unit in its name. */
export const importLimits = {
  /** Rows that are classified, prepared and submitted together. */
  chunkRows: 500,
  /** Chunks between the file and the journal; reading waits for the oldest when there are more. */
  chunksInFlightMax: 12,
  /** A longer record is a quote that is never closed. */
  recordBytesMax: 1024 * 1024,
  /** Rows that are told apart; beyond them the import stops rather than use up the memory (16 bytes for each). */
  seenRowsMax: 100_000_000,
  /** Rows that the report shows with their line, for each class that needs explaining. */
  examplesMax: 20,
  /** How often, and after which pause, a change is tried again while the database does not answer. */
  triesMax: 20,
  retryDelayMs: 1_000,
  nameCharactersMax: 500,
  reasonCharactersMax: 1_000,
  referenceCharactersMax: 255,
} as const;
