/** History of an item: what happened to it, period by period. */
import Type, { type Static } from "typebox";
import { Timestamp } from "./schema.ts";

const Units = (description: string) => Type.Integer({ description });

export const HistoryPeriod = Type.Object(
  {
    start: Timestamp("When the period begins"),
    end: Timestamp("When the next one begins"),
    openingLevel: Units("Units on hand at its begin"),
    sold: Units("Units sold, over the counter or from reservations"),
    returned: Units("Units that customers brought back"),
    received: Units("Units that came from suppliers"),
    lost: Units("Units lost"),
    transferredIn: Units("Units that came from other locations"),
    transferredOut: Units("Units that went to other locations"),
    corrected: Units("Units that counts and corrections added, or took away where negative"),
    closingLevel: Units("Units on hand at its end, by what is known today to have happened until then"),
    outOfStockSeconds: Type.Integer({ description: "Time in which nothing was available" }),
    refusedUnits: Units("Units that were asked for and were not there"),
    refusedRequests: Type.Integer({ description: "Requests that were refused for it" }),
  },
  { $id: "HistoryPeriod" },
);
export type HistoryPeriod = Static<typeof HistoryPeriod>;

export const ItemHistory = Type.Object(
  {
    inventoryId: Type.String(),
    productId: Type.String(),
    locationId: Type.String(),
    period: Type.String({ enum: ["hour", "day"] }),
    timezone: Type.String({ description: "Calendar that days are of" }),
    upToDate: Type.Boolean({
      description: "The item's last movement is in it; false for the moment that it lags behind",
    }),
    data: Type.Array(HistoryPeriod, { description: "Every period of the range, also those in which nothing happened" }),
  },
  { $id: "ItemHistory" },
);
export type ItemHistory = Static<typeof ItemHistory>;
