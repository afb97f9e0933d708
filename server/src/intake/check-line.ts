/** Whether a line makes sense, before anything is looked up. Pure. */
import { movementTypes, quantityMax, unsellableStates } from "@onhand/protocol/vocabulary";
import { intakeLimits } from "./intake-limits.ts";
import type { IntakeLine, IntakeMode, IntakeOrigin, IntakeProblem } from "./intake-line.ts";

const isWhole = (value: unknown, min: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= quantityMax;

const isTime = (value: unknown): boolean => isWhole(value, 0) && (value as number) <= intakeLimits.timeMsMax;

/** Line breaks and their like are in no name: keys are made of names with a line break in between. */
const isName = (value: unknown, charactersMax: number): boolean =>
  typeof value === "string" && value.length > 0 && value.length <= charactersMax && !/\p{Cc}/u.test(value);

/** Free text that can be kept beside the journal. */
const isText = (value: unknown, charactersMax: number): boolean =>
  value === null ||
  (typeof value === "string" && value.length <= charactersMax && value.isWellFormed() && !value.includes("\0"));

const invalid = (pointer: string, what: string): IntakeProblem => ({
  code: "validation_failed",
  detail: `${pointer} ${what}. Correct it at the sender, or in its mapping, and retry the line or discard it.`,
  pointer,
});

/** @returns what is wrong with a line; null when nothing is */
export function faultOf(line: IntakeLine, { mode, isStatementOnly }: IntakeOrigin): IntakeProblem | null {
  const { operationIdCharactersMax, codeCharactersMax } = intakeLimits;
  if (!isName(line.operationId, operationIdCharactersMax))
    return invalid(
      "/operationId",
      `must have 1 to ${operationIdCharactersMax} characters, none of them a control character`,
    );
  if (!Object.values(line.product).every((name) => isName(name, codeCharactersMax)))
    return invalid("/product", `must be named with 1 to ${codeCharactersMax} characters`);
  if (!Object.values(line.location).every((name) => isName(name, codeCharactersMax)))
    return invalid("/location", `must be named with 1 to ${codeCharactersMax} characters`);
  const fault = faultOfChange(line.change, mode, isStatementOnly);
  if (fault !== null) return fault;
  if (!movementTypes.includes(line.movementType)) return invalid("/type", "is no type of movement");
  if (line.version !== null && !isWhole(line.version, 0)) return invalid("/version", "must be a whole number from 0");
  for (const [pointer, timeMs] of [
    ["/occurredAt", line.occurredAtMs],
    ["/saidAt", line.saidAtMs],
  ] as const)
    if (timeMs !== null && !isTime(timeMs)) return invalid(pointer, "must be a time between 1970 and 9999");
  for (const [name, charactersMax] of [
    ["reason", intakeLimits.reasonCharactersMax],
    ["reference", intakeLimits.referenceCharactersMax],
  ] as const)
    if (!isText(line[name], charactersMax))
      return invalid(`/${name}`, `must be text of at most ${charactersMax} characters`);
  return null;
}

function faultOfChange(change: IntakeLine["change"], mode: IntakeMode, isStatementOnly: boolean): IntakeProblem | null {
  if ("stockLevel" in change) {
    if (mode === "changes") return invalid("/stockLevel", "is a level, and this origin sends changes alone");
    return isWhole(change.stockLevel, -quantityMax) ? null : invalid("/stockLevel", "must be a whole number");
  }
  if (mode === "levels") return invalid("/adjustment", "is a change, and this origin sends levels alone");
  if (isStatementOnly) return invalid("/adjustment", "is a change, and of this origin only levels are compared with");
  if (!isWhole(change.adjustment, -quantityMax) || change.adjustment === 0)
    return invalid("/adjustment", "must be a whole number other than 0");
  if (change.state !== undefined && !unsellableStates.includes(change.state))
    return invalid("/state", "is no state of units that cannot be sold");
  return null;
}
