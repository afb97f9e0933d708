/** Every fixed limit of the write path, in one place, with its unit in its name. Relations are asserted below. */
export const limits = {
  /** Partitions of a new installation; fixed when the database is created. */
  partitionCountDefault: 16,
  partitionCountMax: 1023,
  /** Lines in one bulk request. */
  bulkLinesMax: 10_000,
  /** Entries a group may append, unless a single command needs more. */
  groupEntriesMax: 4_000,
  /** Bytes of an ordinary request body and of a bulk body. */
  bodyBytesMax: 256 * 1024,
  bulkBodyBytesMax: 8 * 1024 * 1024,
  /** Depth of nested arrays and objects in a body. */
  jsonDepthMax: 32,
  /** Entries that a writer reads to catch up with another server before it drops the partition's cache instead. */
  catchUpEntriesMax: 5_000,
  /** Entries of an item walked back when a count asks what has happened since. */
  countWalkEntriesMax: 20_000,
  /** Entries walked back for all the counts of a group, under its locks. */
  countWalkGroupEntriesMax: 100_000,
  /** Items walked in one statement, and entries that it reads: they are shared by its items. */
  countWalkItemsPerStatement: 200,
  countWalkEntriesPerStatement: 20_000,
  /** Entries that an item which is counted weighs when groups are made up: walking it back may take long. */
  countWeight: 100,
  /** Counts in one atomic request, which cannot be divided into groups. */
  atomicCountsMax: 200,
  /** Units of an item that count for channels: what thousands of locations have together is an exact number then. */
  sellableUnitsMax: 1_000_000_000_000,
  /** Sources whose versions are kept with an item; those beyond are held to the times of their statements alone. */
  versionedSourcesPerItemMax: 32,
} as const;

if (limits.bulkLinesMax < limits.groupEntriesMax) throw new Error("a bulk request must be able to fill a group");
