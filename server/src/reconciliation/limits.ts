/** How much reconciliation does at a time. */
export const reconciliationLimits = {
  /** Rows of one statement. */
  itemsPerPage: 5_000,
  entriesPerPage: 5_000,
  productsPerPage: 2_000,
  channelProductsPerPage: 1_000,
  statementsPerPage: 500,
  rowsPerPage: 1_000,
  /** Entries of an item that are followed back for where a difference began. */
  walkEntriesMax: 50_000,
  /** Entries of an item that are followed back for what it had when a source spoke. */
  statementWalkEntriesMax: 5_000,
  /** Entries of an item that are followed back for what explains a difference of a statement. */
  explainEntriesMax: 500,
  /** Differences of an upload that are explained in its answer; the others are found by whoever looks continuously. */
  uploadExplainedMax: 500,
  /** Movements that are named as explaining a difference. */
  movementsMax: 20,
  /** Differences that are not closed: what is found beyond them is counted and not kept. */
  unclosedMax: 10_000,
  /** Differences that are looked at again in one step. */
  lookedAgainPerStep: 100,
  /** Steps of history that a difference keeps: the first, and the last ones. */
  historyMax: 100,
  /** A hold that is over is let go by the sweeper; one that is over for longer is told of. */
  overdueMs: 60_000,
  /** A round of looking takes so long if it can; never more than half of the time is spent in the database. */
  roundMs: 15_000,
  /** Between two steps, at most. */
  restMsMax: 2_000,
  /** Steps of the round for each step through the whole journal. */
  roundStepsPerJournalStep: 4,
  /** What was appended is looked through so often. */
  appendedEveryMs: 2_000,
  /** A journal that was read to its end is read again after this. */
  journalRestMs: 10 * 60_000,
  /** Servers that do not look ask so often whether they should. */
  claimMs: 2_000,
  /** After failures, doubled with each one in a row. */
  retryMsMin: 500,
  retryMsMax: 30_000,
  /** Reconciliations that somebody asked for, at once on a server. */
  runsMax: 2,
  /** How long a call waits for its reconciliation to end before it answers that it is running. */
  runWaitMs: 10_000,
  /** How often one says how far it is; one that has not for longer is taken for failed. */
  runHeartbeatMs: 1_000,
  runLostMs: 60_000,
  /** How far ahead the moment of an uploaded line may be. */
  uploadAheadMsMax: 5 * 60_000,
  /** Lines of a statement that is uploaded in one call, and differences in the answer. */
  uploadLinesMax: 10_000,
  /** Rules are read again after this. */
  rulesKnownMs: 1_000,
  /** Rules that may be set. */
  rulesMax: 200,
} as const;
