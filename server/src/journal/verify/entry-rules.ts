/** What every entry must look like by itself, whatever came before. */
import { entryKinds, movementTypes } from "@onhand/protocol/vocabulary";
import type { Entry } from "../../core/entry.ts";
import { availableOf, type Levels } from "../../core/item.ts";
import { controlPartition, partitionOf } from "../../core/partition.ts";
import type { FaultList } from "./report.ts";

const knownKinds = new Set<number>(Object.values(entryKinds));
/** What an entry is about follows from its kind. */
export type Subject = "item" | "product" | "location";

/** @returns what an entry of a kind is about */
export const subjectOf = (kind: number): Subject =>
  kind < entryKinds.productCreated ? "item" : kind < entryKinds.locationCreated ? "product" : "location";

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

function shapeFault(entry: Entry, partitionCount: number): { expected: string; found: string } | null {
  if (!knownKinds.has(entry.kind)) return { expected: "a known kind", found: `kind ${entry.kind}` };
  if (movementTypes[entry.movementType] === undefined) {
    return { expected: "a known movement type", found: `movement type ${entry.movementType}` };
  }
  const subject = subjectOf(entry.kind);
  const { productId, locationId, itemNumber, detail } = entry;
  const present = [productId !== null, locationId !== null, itemNumber !== null, detail !== null].map(Number).join("");
  const expected = { item: "1110", product: "1001", location: "0101" }[subject];
  if (present !== expected) {
    return { expected: `the columns of kind ${entry.kind}`, found: `product, location, item, detail: ${present}` };
  }
  if (subject !== "item" && (moves(entry.delta) || moves(entry.after) || entry.previousSequence !== null)) {
    return { expected: "no levels in an entry of the catalogue", found: JSON.stringify(entry.after) };
  }
  const home = productId === null ? controlPartition : partitionOf(productId, partitionCount);
  return home === entry.partition ? null : { expected: `partition ${home}`, found: `partition ${entry.partition}` };
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
