/** Calls that read what happened to an item over time. */
import Type from "typebox";
import { ItemHistory } from "../history.ts";
import { Timestamp } from "../schema.ts";
import { closed, type Operation, read } from "./shared.ts";

export const historyOperations = {
  getHistory: {
    ...read,
    path: "/v1/inventory/{inventoryId}/history",
    summary:
      "What happened to an item by hour or day: sold, returned, received, lost, closing level, time without stock, lost demand",
    query: Type.Object(
      {
        period: Type.Optional(Type.String({ enum: ["hour", "day"], default: "day" })),
        from: Type.Optional(Timestamp("A moment in the first period; 30 days or 48 hours ago when absent")),
        to: Type.Optional(Timestamp("The first moment that is not asked for; now when absent")),
      },
      closed,
    ),
    response: ItemHistory,
  },
} as const satisfies Record<string, Operation>;
