/** Limits of count sessions. */
export const countLimits = {
  linesPerSessionMax: 10_000,
  /** Sessions at one location that have not ended. */
  openSessionsMax: 20,
  /** Lines that are applied at a time; each weighs a hundred changes, for it looks back over what moved since. */
  linesPerStep: 100,
  /** How long a call waits for a session to be posted; it goes on afterwards. */
  postWaitMsMax: 20_000,
  /** Lines that are read in one statement to be compared. */
  linesPerStatement: 1_000,
  /** Entries that are looked back through to compare a page of lines, and a whole session; what lies beyond is unknown. */
  pageWalkEntriesMax: 200_000,
  varianceWalkEntriesMax: 1_000_000,
} as const;
