/** Where an order lies, by its id alone. */
import { orderKinds } from "@onhand/protocol/vocabulary";
import { type Position, parseOrderId } from "../core/record/ids.ts";

/** The id that was read last: deciding a command asks for the same one many times over. */
let lastId = "";
let lastPosition: Position | null = null;

function positionIn(orderId: string): Position | null {
  if (orderId === lastId) return lastPosition;
  lastId = orderId;
  lastPosition = null;
  for (const kind of orderKinds) lastPosition ??= parseOrderId(kind, orderId);
  return lastPosition;
}

/** @returns the position that an order's id carries, or null when the text is no id of an order here */
export function positionOfOrder(orderId: string, partitionCount: number): Position | null {
  const position = positionIn(orderId);
  return position !== null && position.partition >= 1 && position.partition <= partitionCount ? position : null;
}

/** @returns the partition of the position */
export const partitionOfOrder = (orderId: string, partitionCount: number): number | null =>
  positionOfOrder(orderId, partitionCount)?.partition ?? null;
