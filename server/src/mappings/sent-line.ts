/** Lines as a source sends them, or as its mapping gives them, made lines of the intake. Pure; nothing is refused here. */
import { callerMovementTypes, type MovementType, type UnsellableState } from "@onhand/protocol/vocabulary";
import { intakeLimits } from "../intake/intake-limits.ts";
import type { IntakeLine, IntakeProblem } from "../intake/intake-line.ts";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { localTimeMs } from "./local-time.ts";

/** A line as it was sent: any of it may be missing or wrong, which harms no other line. */
export type SentLine = Readonly<Record<string, unknown>>;

export interface ReadLine {
  readonly line: IntakeLine;
  /** What is wrong with it, as far as the intake could not tell; null when nothing is. */
  readonly problem: IntakeProblem | null;
}

const fields: ReadonlySet<string> = new Set([
  "operationId",
  "productId",
  "sku",
  "productCode",
  "locationId",
  "locationCode",
  "adjustment",
  "stockLevel",
  "state",
  "type",
  "occurredAt",
  "version",
  "reason",
  "reference",
]);
const { operationIdCharactersMax, reasonCharactersMax, referenceCharactersMax } = intakeLimits;

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;
/** Codes are text; a sender that counts its things with numbers means their digits. */
const nameOf = (value: unknown): unknown => (typeof value === "number" ? String(value) : value);
const isText = (value: unknown, charactersMax: number): boolean =>
  isAbsent(value) ||
  (typeof value === "string" && value.length <= charactersMax && value.isWellFormed() && !value.includes("\0"));
const isOperationId = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= operationIdCharactersMax && !/\p{Cc}/u.test(value);

/**
 * @param fallbackId operation id of a line that has none, or none that can be kept
 * @param timezone of times that have none; null for a sender that always says it
 */
export function readLine(sent: SentLine, fallbackId: string, timezone: string | null): ReadLine {
  const operationId = nameOf(sent.operationId);
  const { reason, reference, state, version } = sent;
  const line: IntakeLine = {
    operationId: isOperationId(operationId) ? operationId : fallbackId,
    product: named("productId", sent.productId) ??
      named("sku", sent.sku) ?? { code: nameOf(sent.productCode) as string },
    location: placed(sent),
    change: isAbsent(sent.stockLevel)
      ? { adjustment: sent.adjustment as number, ...(isAbsent(state) ? {} : { state: state as UnsellableState }) }
      : { stockLevel: sent.stockLevel as number },
    movementType: (isAbsent(sent.type) ? "correction" : sent.type) as MovementType,
    occurredAtMs: timeOf(sent.occurredAt, timezone),
    saidAtMs: null,
    version: isAbsent(version) ? null : (version as number),
    reason: isText(reason, reasonCharactersMax) ? ((reason as string | undefined) ?? null) : null,
    reference: isText(reference, referenceCharactersMax) ? ((reference as string | undefined) ?? null) : null,
  };
  return { line, problem: problemOf(sent, operationId, line) };
}

const named = (name: "productId" | "sku", value: unknown): IntakeLine["product"] | null =>
  isAbsent(value) ? null : ({ [name]: nameOf(value) } as IntakeLine["product"]);

const placed = ({ locationId, locationCode }: SentLine): IntakeLine["location"] =>
  isAbsent(locationId) ? { code: nameOf(locationCode) as string } : { locationId: locationId as string };

function timeOf(occurredAt: unknown, timezone: string | null): number | null {
  if (isAbsent(occurredAt)) return null;
  if (typeof occurredAt !== "string") return Number.NaN;
  const ms = parseRfc3339Ms(occurredAt);
  return Number.isNaN(ms) && timezone !== null ? localTimeMs(occurredAt, timezone) : ms;
}

/** What would go unnoticed, for it is not in the line. */
function problemOf(sent: SentLine, operationId: unknown, line: IntakeLine): IntakeProblem | null {
  const unknown = Object.keys(sent).find((name) => !fields.has(name));
  if (unknown !== undefined) return wrong(`/${unknown}`, "is not a field of a line");
  if (!isAbsent(sent.operationId) && !isOperationId(operationId))
    return wrong("/operationId", "must be text of 1 to 200 characters, none of them a control character");
  const products = ["productId", "sku", "productCode"].filter((name) => !isAbsent(sent[name]));
  if (products.length > 1) return wrong(`/${products[1]}`, "names the product a second time; leave one out");
  if (!isAbsent(sent.locationId) && !isAbsent(sent.locationCode))
    return wrong("/locationCode", "names the location a second time; leave one out");
  if (!isAbsent(sent.stockLevel) && !isAbsent(sent.adjustment))
    return wrong("/adjustment", "is a change beside a level; leave one out");
  if (!(callerMovementTypes as readonly string[]).includes(line.movementType))
    return wrong("/type", `must be one of ${callerMovementTypes.join(", ")}`);
  if (!isText(sent.reason, reasonCharactersMax)) return wrong("/reason", "must be text of at most 1,000 characters");
  if (!isText(sent.reference, referenceCharactersMax))
    return wrong("/reference", "must be text of at most 255 characters");
  return null;
}

const wrong = (pointer: string, what: string): IntakeProblem => ({
  code: "validation_failed",
  detail: `${pointer} ${what}. Correct it at the sender, or in its mapping, and discard the line.`,
  pointer,
});
