/** What must hold of any entries, whoever wrote them; and entries in a form in which two sides can be compared. */
import { expect } from "bun:test";
import { entryKinds, isNotice } from "@onhand/protocol/vocabulary";
import { noExtras } from "../../src/core/inventory/item.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import { parseDetail } from "../../src/core/record/entry-detail.ts";
import type { Position } from "./verdict.ts";

/** An entry without its parts (checked for themselves), with its detail parsed, and without explanations. */
export function withoutWords(entry: Entry) {
  const { onHand, reserved, unavailable, incoming } = entry.after;
  const after = { onHand, reserved, unavailable, incoming };
  const detail = entry.detail === null ? null : JSON.parse(entry.detail);
  return { ...entry, after, parts: null, detail: wordless(detail) };
}

/** The same with every explanation in words left out: the core's own choice, unless there is none where one is due. */
export function wordless<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (name, inner) =>
      (name === "reason" || name === "review") && typeof inner === "string" && inner !== "" ? "…" : inner,
    ) ?? "null",
  );
}

/**
 * Every entry of a change with several entries names the positions of all of them, and no others. What expired in front
 * of it and what is told behind it are changes of their own.
 */
export function checkParts(entries: readonly Entry[]): void {
  const change = entries.filter(({ kind }) => kind !== entryKinds.inventoryHoldExpired && !isNotice(kind));
  for (const entry of entries) if (!change.includes(entry)) expect(entry.parts).toBeNull();
  if (change.length === 1) expect(change[0]!.parts).toBeNull();
  if (change.length < 2 || change[0]!.kind === entryKinds.channelAvailability) return;
  const actual = change.map(({ partition, sequence }) => ({ partition, sequence }));
  for (const entry of change) expect(byPlace(positionsIn(entry.parts!))).toEqual(byPlace(actual));
}

const byPlace = (positions: readonly Position[]): string[] =>
  positions.map(({ partition, sequence }) => `${partition}/${sequence}`).sort();

function positionsIn(parts: string): Position[] {
  const positions: Position[] = [];
  for (const part of parts.split(",")) {
    const [partition, range] = part.split(":");
    const [first, last] = range!.split("-");
    for (let sequence = Number(first); sequence <= Number(last); sequence++) {
      positions.push({ partition: Number(partition), sequence });
    }
  }
  return positions;
}

/** What must hold of any entries, whoever wrote them: the database's own constraints among them. */
export function checkEntries(before: readonly Entry[], added: readonly Entry[]): void {
  const all = [...before];
  for (const entry of added) {
    const partition = all.filter((other) => other.partition === entry.partition);
    expect(entry.sequence).toBe(partition.length + 1);
    for (const other of partition) expect(entry.recordedAtMs).toBeGreaterThanOrEqual(other.recordedAtMs);
    if (entry.itemNumber !== null) checkItemEntry(entry, partition);
    all.push(entry);
  }
}

function checkItemEntry(entry: Entry, partition: readonly Entry[]): void {
  const mine = partition.filter(
    (other) =>
      other.productId === entry.productId && other.locationId === entry.locationId && other.itemNumber !== null,
  );
  const previous = mine.at(-1) ?? null;
  expect(entry.previousSequence).toBe(previous?.sequence ?? null);
  expect(entry.itemNumber).toBe(mine[0]?.sequence ?? entry.sequence);
  expect(entry.version).toBe([...mine, entry].filter(({ kind }) => !isNotice(kind)).length);
  for (const name of ["onHand", "reserved", "unavailable", "incoming"] as const) {
    expect(entry.delta[name]).toBe(entry.after[name] - (previous?.after[name] ?? 0));
    expect(Number.isSafeInteger(entry.after[name])).toBe(true);
    if (name !== "onHand") expect(entry.after[name]).toBeGreaterThanOrEqual(0);
  }
  const { after, delta } = entry;
  const isValid =
    entry.allowsNegative ||
    BigInt(after.onHand) - BigInt(after.reserved) - BigInt(after.unavailable) >= 0n ||
    BigInt(delta.onHand) - BigInt(delta.reserved) - BigInt(delta.unavailable) >= 0n;
  expect(isValid).toBe(true);
  checkStates(entry);
}

/** Units in named states are unavailable ones. */
function checkStates(entry: Entry): void {
  const { damaged, qualityControl, quarantine, expired } = parseDetail(entry).extras ?? noExtras;
  for (const units of [damaged, qualityControl, quarantine, expired]) expect(units).toBeGreaterThanOrEqual(0);
  expect(damaged + qualityControl + quarantine + expired).toBeLessThanOrEqual(entry.after.unavailable);
}
