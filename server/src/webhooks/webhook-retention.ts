/** How long tries, dead letters and remembered answers are kept. */
import type { Overdue } from "../db/clearing.ts";
import { clearOldDeadLetters, clearOldRequests, clearOldTries } from "./sql/delivery-log.ts";

const webhookRetention = { logDays: 30, requestDays: 7 } as const;

export const webhookOverdue: readonly Overdue[] = [
  { statement: clearOldTries, days: webhookRetention.logDays },
  { statement: clearOldDeadLetters, days: webhookRetention.logDays },
  { statement: clearOldRequests, days: webhookRetention.requestDays },
];
