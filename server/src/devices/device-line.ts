/** Lines of a device's log as they were sent, made lines of the intake. Pure; nothing is refused here. */
import type { MovementType, UnsellableState } from "@onhand/protocol/vocabulary";
import type { IntakeLine } from "../intake/intake-line.ts";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import type { ClockReading } from "./clock-error.ts";

/** A line as it was sent: any of it may be missing or wrong, which harms no other line. */
export type SentLine = Readonly<Record<string, unknown>>;

/** @returns the line's number in its log; null when it has none, so that nobody can tell it from another one */
export function sequenceOf({ sequence }: SentLine): number | null {
  return Number.isSafeInteger(sequence) && (sequence as number) >= 1 ? (sequence as number) : null;
}

/** @returns the id of the operation; null when it has none */
export function operationIdOf({ operationId }: SentLine): string | null {
  return typeof operationId === "string" && operationId.length > 0 ? operationId : null;
}

/** @returns when the line says that it happened, by its device's clock; null when it says nothing, NaN for no time */
export function saidAtMsOf({ occurredAt }: SentLine): number | null {
  if (occurredAt === undefined || occurredAt === null) return null;
  return typeof occurredAt === "string" ? parseRfc3339Ms(occurredAt) : Number.NaN;
}

/**
 * @param place location of lines that name none
 * @param reading how to read the line's time
 * @param arrivedAtMs no line happened later
 */
export function intakeLineOf(
  sent: SentLine,
  deviceId: string,
  place: string | null,
  reading: ClockReading,
  arrivedAtMs: number,
): IntakeLine {
  const saidAtMs = saidAtMsOf(sent);
  const corrected = saidAtMs === null ? null : Math.min(saidAtMs + reading.offsetMs, arrivedAtMs);
  return {
    operationId: sent.operationId as string,
    product: nameOf(sent, "productId", "sku", "productCode") as IntakeLine["product"],
    location: locationOf(sent, place),
    change: changeOf(sent),
    movementType: (sent.type ?? "correction") as MovementType,
    occurredAtMs: corrected,
    saidAtMs,
    version: null,
    ...(saidAtMs === null ? {} : { clock: { deviceId, errorMs: reading.errorMs } }),
    reason: (sent.reason ?? null) as string | null,
    reference: (sent.reference ?? null) as string | null,
  };
}

function nameOf(sent: SentLine, id: string, other: string, code: string): object {
  if (sent[id] !== undefined) return { [id]: sent[id] };
  if (sent[other] !== undefined) return { [other]: sent[other] };
  return { code: sent[code] };
}

function locationOf(sent: SentLine, place: string | null): IntakeLine["location"] {
  if (sent.locationId !== undefined) return { locationId: sent.locationId as string };
  if (sent.locationCode !== undefined) return { code: sent.locationCode as string };
  return { locationId: place as string };
}

function changeOf({ stockLevel, adjustment, state }: SentLine): IntakeLine["change"] {
  if (stockLevel !== undefined) return { stockLevel: stockLevel as number };
  return state === undefined
    ? { adjustment: adjustment as number }
    : { adjustment: adjustment as number, state: state as UnsellableState };
}
