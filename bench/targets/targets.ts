import { bareStreamTarget } from "./bare-stream.ts";
import { onhandLargeTarget, onhandTarget } from "./onhand.ts";
import { onhandWithoutDatabaseTarget } from "./onhand-without-database.ts";
import { plainTarget } from "./plain.ts";
import type { Target, TargetName } from "./target.ts";
import { webhookReceiverTarget } from "./webhook-receiver.ts";

/** Every server that can be measured. */
export const TARGETS: Readonly<Record<TargetName, Target>> = {
  onhand: onhandTarget,
  "onhand-without-database": onhandWithoutDatabaseTarget,
  "onhand-large": onhandLargeTarget,
  plain: plainTarget,
  "bare-stream": bareStreamTarget,
  "webhook-receiver": webhookReceiverTarget,
};
