/** Which outcomes of keys are kept, and which observations of the heads. Entries of the journal are kept for ever. */
import type { Overdue } from "../db/clearing.ts";
import { deleteOldResults, thinOldObservations } from "./sql/retention.ts";

/** @param resultDays how long an outcome is remembered; of older observations a few are kept */
export const journalOverdue = (resultDays: number): Overdue[] => [
  { statement: deleteOldResults, days: resultDays },
  { statement: thinOldObservations, days: resultDays },
];
