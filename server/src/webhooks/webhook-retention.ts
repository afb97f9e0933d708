/** How long tries and dead letters are kept. */
import type { Overdue } from "../db/clearing.ts";
import { clearOldDeadLetters, clearOldTries } from "./sql/delivery-log.ts";

const logDays = 30;

export const webhookOverdue: readonly Overdue[] = [
  { statement: clearOldTries, days: logDays },
  { statement: clearOldDeadLetters, days: logDays },
];
