import { onhandLargeTarget, onhandLocationsTarget, onhandTarget } from "./onhand.ts";
import { onhandWithoutDatabaseTarget } from "./onhand-without-database.ts";
import { plainTarget } from "./plain.ts";
import { plainProcessTarget } from "./plain-process.ts";
import type { Target, TargetName } from "./target.ts";

/** Every server that can be measured. */
export const TARGETS: Readonly<Record<TargetName, Target>> = {
  onhand: onhandTarget,
  "onhand-without-database": onhandWithoutDatabaseTarget,
  "onhand-large": onhandLargeTarget,
  "onhand-locations": onhandLocationsTarget,
  plain: plainTarget,
  "bare-stream": plainProcessTarget({
    name: "bare-stream",
    title: "bare server that sends the same bytes",
    entry: "bare-stream.ts",
  }),
  "webhook-receiver": plainProcessTarget({
    name: "webhook-receiver",
    title: "the receiver itself, by the load generator",
    entry: "webhook-receiver.ts",
  }),
};
