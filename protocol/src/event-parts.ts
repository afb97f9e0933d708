/** What the events of items and of orders tell beside levels: the order they belong to, and why they are as they are. */
import Type, { type Static } from "typebox";
import { Nullable } from "./schema.ts";

/** When the server says that something was: UTC with milliseconds. */
export const Moment = (description: string) =>
  Type.String({ format: "date-time", pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$", description });

/** What holds for all lines of an order on stock. */
export const OrderHeader = Type.Object(
  {
    orderId: Type.String({ description: "res_…, trf_… or sup_…" }),
    kind: Type.String({ description: "reservation, transfer or supply" }),
    lineCount: Type.Integer(),
    createdAt: Moment("When it was made"),
    phase: Nullable(Type.String({ description: "Of reservations that hold units: held or paying" })),
    expiresAt: Nullable(Moment("Of reservations: when what is held goes back")),
    expectedAt: Nullable(Moment("Of transfers and supplies: when units are expected")),
    fromLocationId: Nullable(Type.String({ description: "Of transfers: where units come from" })),
    toLocationId: Nullable(Type.String({ description: "Of transfers and supplies: where units go" })),
    channelId: Nullable(Type.String({ description: "Of reservations: the channel that sells" })),
    paymentLateAt: Nullable(Moment("Of reservations: when money came after the end")),
    supersededBy: Nullable(Type.String({ description: "Of reservations: the newer one that took its place" })),
  },
  { $id: "OrderHeader" },
);
export type OrderHeader = Static<typeof OrderHeader>;

/** The part of an order that an entry of an item belongs to. */
export const OrderPart = Type.Object(
  {
    orderId: Type.String({ description: "res_…, trf_… or sup_…" }),
    kind: Type.String({ description: "reservation, transfer or supply" }),
    line: Type.Integer({ description: "Number of the line, from 1; what follows is the line after the event" }),
    requestLine: Type.Integer({ description: "Line of the request that it serves, from 1" }),
    quantity: Type.Integer({ description: "Units of the line: held + incoming + done + dropped" }),
    held: Type.Integer({ description: "Units that are held" }),
    incoming: Type.Integer({ description: "Units on their way" }),
    done: Type.Integer({ description: "Units that were sold or received" }),
    dropped: Type.Integer({ description: "Units that came to nothing" }),
    surplus: Type.Integer({ description: "Units received beyond the quantity" }),
    end: Nullable(Type.String({ description: "How the last dropped units went" })),
    phase: Nullable(Type.String({ description: "Of reservations: held, or paying once payment had begun" })),
    expiresAt: Nullable(Moment("Of reservations: when what is held goes back")),
    header: Type.Optional(OrderHeader),
  },
  { description: "The order on stock that it belongs to; `header` when the order was made or changed" },
);
export type OrderPart = Static<typeof OrderPart>;

export const Moved = Type.Object(
  {
    from: Type.String({ description: "State that units left, or sellable" }),
    to: Type.String({ description: "State that they are in now, or sellable" }),
    quantity: Type.Integer(),
  },
  { description: "Units that changed their state; on hand stayed" },
);
export type Moved = Static<typeof Moved>;

export const ContainedMovement = Type.Object(
  {
    stockLevel: Type.Integer({ description: "Units that would have moved on hand" }),
    countedAt: Moment("Moment of the count that contains them"),
  },
  { description: "It lies before a count that was recorded first: nothing moved on hand" },
);
export type ContainedMovement = Static<typeof ContainedMovement>;

export const ReportedLine = Type.Object(
  {
    sourceId: Type.String({ description: "The registered source that said it" }),
    rule: Type.String({
      description:
        "What decided: change_added, newest_level, older_level, older_version or less_trusted. The last three moved nothing",
    }),
    stockLevel: Type.Optional(Type.Integer({ description: "Level that it stated; absent for a change" })),
    version: Type.Optional(Type.Integer({ description: "Number that it gave its statement" })),
    saidAt: Type.Optional(Moment("When its device said that it was, before the error of its clock was taken off")),
  },
  { description: "Of lines that a registered source sent: what it said, and the rule that decided about it" },
);
export type ReportedLine = Static<typeof ReportedLine>;

export const Notice = Type.Object(
  {
    reason: Type.String({ description: "Why it is told, in words" }),
    about: Type.String({ description: "Id of the movement that it is about" }),
    figures: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Null()]), {
      description: "The numbers that it rests on",
    }),
  },
  { description: "Of events that tell of an item and change nothing of it" },
);
export type Notice = Static<typeof Notice>;
