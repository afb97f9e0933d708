/** What every entry must look like by itself, whatever came before. */
import {
  type EntryKind,
  type EntrySubject,
  entryKinds,
  movementTypes,
  subjectOfKind,
} from "@onhand/protocol/vocabulary";
import { availableOf, type Levels } from "../../core/inventory/item.ts";
import type { Entry } from "../../core/record/entry.ts";
import { controlPartition, partitionOf } from "../../core/record/partition.ts";
import type { FaultList } from "./report.ts";

const knownKinds = new Set<number>(Object.values(entryKinds));
/** @returns what an entry of a known kind is about */
export const subjectOf = (kind: number): EntrySubject => subjectOfKind(kind as EntryKind);

/** Names of an entry's subject, for a fault. */
export function namesOf(entry: Entry): { sequence: number; productId?: string; locationId?: string } {
  const { sequence, productId, locationId } = entry;
  return { sequence, ...(productId !== null && { productId }), ...(locationId !== null && { locationId }) };
}

/** Checks the entry's shape and that it does not oversell. @returns false when it cannot be folded */
export function checkEntry(entry: Entry, partitionCount: number, faults: FaultList): boolean {
  const wrong = shapeFault(entry, partitionCount);
  if (wrong !== null) {
    faults.add("value", { ...namesOf(entry), ...wrong });
    return false;
  }
  if (subjectOf(entry.kind) === "item") checkAvailable(entry, faults);
  return true;
}

/** Which of product, location, item and detail an entry has. */
const presences: Readonly<Record<EntrySubject, readonly string[]>> = {
  item: ["1110", "1111"],
  product: ["1001"],
  location: ["0101"],
  order: ["1101"],
  channel: ["0001"],
  channelLevel: ["1001"],
  record: ["0001"],
};

function shapeFault(entry: Entry, partitionCount: number): { expected: string; found: string } | null {
  if (!knownKinds.has(entry.kind)) return { expected: "a known kind", found: `kind ${entry.kind}` };
  if (movementTypes[entry.movementType] === undefined) {
    return { expected: "a known movement type", found: `movement type ${entry.movementType}` };
  }
  const subject = subjectOf(entry.kind);
  const { productId, locationId, itemNumber, detail } = entry;
  const present = [productId !== null, locationId !== null, itemNumber !== null, detail !== null].map(Number).join("");
  if (!presences[subject].includes(present)) {
    return { expected: `the columns of kind ${entry.kind}`, found: `product, location, item, detail: ${present}` };
  }
  if (subject !== "item" && (moves(entry.delta) || moves(entry.after) || entry.previousSequence !== null)) {
    return { expected: `no levels in an entry of kind ${entry.kind}`, found: JSON.stringify(entry.after) };
  }
  if ((subject === "order" || subject === "channelLevel" || subject === "record") && entry.version !== 1) {
    return { expected: `version 1 in an entry of kind ${entry.kind}`, found: `version ${entry.version}` };
  }
  const wrong = detail === null ? null : detailFault(subject, detail);
  if (wrong !== null) return wrong;
  // What is told of a record may be told of any partition.
  if (subject === "record") return null;
  const home = productId === null ? controlPartition : partitionOf(productId, partitionCount);
  return home === entry.partition ? null : { expected: `partition ${home}`, found: `partition ${entry.partition}` };
}

/** What the detail of an entry of each subject may say; documents of the catalogue are looked at when they are folded. */
const detailKeys: Readonly<Partial<Record<EntrySubject, readonly string[]>>> = {
  item: ["life", "extras", "line", "order", "moved", "contained", "review", "notice", "reported", "changedAtMs"],
  order: ["order", "lines"],
  channelLevel: ["channelLevel"],
  record: ["record"],
};

function detailFault(subject: EntrySubject, detail: string): { expected: string; found: string } | null {
  const allowed = detailKeys[subject];
  if (allowed === undefined) return null;
  const said: unknown = JSON.parse(detail);
  const keys = typeof said === "object" && said !== null && !Array.isArray(said) ? Object.keys(said) : [];
  const isRight = keys.length > 0 && keys.every((key) => allowed.includes(key));
  return isRight ? null : { expected: `a detail of ${allowed.join(", ")}`, found: detail };
}

const moves = (levels: Levels): boolean =>
  levels.onHand !== 0 || levels.reserved !== 0 || levels.unavailable !== 0 || levels.incoming !== 0;

function checkAvailable(entry: Entry, faults: FaultList): void {
  const { after } = entry;
  const available = availableOf(after);
  const maySo = entry.allowsNegative || available >= 0 || availableOf(entry.delta) >= 0;
  if (!maySo) faults.add("oversell", { ...namesOf(entry), expected: "available 0 or more", found: String(available) });
  if (after.reserved < 0 || after.unavailable < 0 || after.incoming < 0) {
    faults.add("value", { ...namesOf(entry), expected: "no state below zero", found: levelsText(after) });
  }
}

/** Levels for a fault. */
export const levelsText = ({ onHand, reserved, unavailable, incoming }: Levels): string =>
  `on_hand ${onHand}, reserved ${reserved}, unavailable ${unavailable}, incoming ${incoming}`;
