/** Every fixed limit of rows in bulk, with its unit in its name. */
export const bulkLimits = {
  /** Rows that are decided and answered together. */
  rowsPerBatch: 500,
  /** Batches between the rows and the journal; reading waits for the oldest when there are more. */
  batchesInFlightMax: 12,
  /** Rows that are read ahead of those. */
  rowsAheadMax: 4_000,
  /** A row that is longer cannot be taken. */
  rowBytesMax: 256 * 1024,
  /** Rows of one import, and bytes of them when unpacked. */
  rowsMax: 10_000_000,
  bytesMax: 4 * 1024 * 1024 * 1024,
  /** Columns of CSV. */
  columnsMax: 1_000,
  /** Imports that a server answers as they go. */
  importsUnderWayMax: 8,
  /** Verdicts that a caller has not read yet; then the import waits for it, but not for ever. */
  unreadBytesMax: 16 * 1024 * 1024,
  unreadMsMax: 30_000,
  /** How often a row whose SKU moved is decided anew. */
  staleTriesMax: 5,
  /** Rows of one page of an export. */
  exportPageRows: 1_000,
  /** How often, and after which pause, a page of an export that could not be read is read again. */
  pageTriesMax: 5,
  pageRetryMs: 1_000,
  /** How often a caller that follows verdicts is looked after. */
  followMs: 250,
} as const;
