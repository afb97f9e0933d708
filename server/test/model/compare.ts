/** Holds what `decide` did against what the reference model says. */
import { expect } from "bun:test";
import type { Command } from "../../src/core/command.ts";
import { decide } from "../../src/core/decide.ts";
import type { Entry } from "../../src/core/entry.ts";
import type { Item } from "../../src/core/item.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { SeedBook } from "./commands.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { Template } from "./generators.ts";
import { MemoryState } from "./memory-state.ts";
import { execute } from "./reference-model.ts";
import type { Fault, Position, Verdict } from "./verdict.ts";
import { plainItem, type World, worldAfter } from "./world.ts";

export interface Group {
  readonly nowMs: number;
  readonly templates: readonly Template[];
}

/** Runs groups of commands through both sides and compares all there is after each. */
export function compareRun(past: SeedBook, groups: readonly Group[]): void {
  const state = new MemoryState(past.partitionCount, past.entries);
  const world = worldAfter(past.partitionCount, past.entries);
  for (const group of groups) {
    for (const templates of apart(group.templates, world)) {
      const commands: Command[] = [];
      const before = state.copy();
      try {
        compareGroup(state, world, templates, group.nowMs, commands);
      } catch (error) {
        throw new Error(`${describeCase(before, commands, group.nowMs)}\n${error}`);
      }
    }
  }
}

/** Templates are functions, which say nothing in a report: this names what they became. */
function describeCase(before: MemoryState, commands: readonly Command[], nowMs: number): string {
  const asked = commands.map((command) => JSON.stringify("lines" in command ? command.lines : command));
  const { items, products, locations } = before;
  return `at ${nowMs} with ${JSON.stringify({ items, products, locations })}\ncommands:\n${asked.join("\n")}`;
}

/** A deletion in the catalogue must be decided alone in its group. */
function apart(templates: readonly Template[], world: World): Template[][] {
  const groups: Template[][] = [[]];
  for (const template of templates) {
    const command = template(world);
    const isAlone = "operation" in command && command.operation.kind === "delete";
    if (isAlone) groups.push([template], []);
    else groups.at(-1)!.push(template);
  }
  return groups.filter((group) => group.length > 0);
}

function compareGroup(
  state: MemoryState,
  world: World,
  templates: readonly Template[],
  nowMs: number,
  commands: Command[],
): void {
  const verdicts: Verdict[] = [];
  const lengths: number[] = [];
  const known = world.entries.length;
  for (const template of templates) {
    const command = deepFreeze(template(world));
    commands.push(command);
    verdicts.push(execute(world, command, nowMs));
    lengths.push(world.entries.length);
  }
  state.nowMs = nowMs;
  const { outcomes, draft } = decide(state, commands, nowMs);
  expect(outcomes.length).toBe(commands.length);
  for (const [index, outcome] of outcomes.entries()) compareOutcome(outcome, verdicts[index]!, commands[index]!);

  const expected = world.entries.slice(known);
  expect(draft.entries.map(bare)).toEqual(expected.map(bare));
  for (const [index, end] of lengths.entries()) {
    const begin = (lengths[index - 1] ?? known) - known;
    checkParts(draft.entries.slice(begin, end - known));
  }
  checkEntries(state.entries, draft.entries);
  state.adopt(draft);
  compareWorlds(state, world);
  for (const item of draft.items.values()) {
    expect(state.item(item.partition, item.productId, item.locationId)).toEqual(item);
  }
}

function compareOutcome(outcome: Outcome, verdict: Verdict, command?: Command): void {
  if (outcome.kind === "rejected" || verdict.kind === "rejected") {
    const faults = verdict.kind === "rejected" ? verdict.faults : [];
    const matches = outcome.kind === "rejected" && faults.some((fault) => isAnswerTo(fault, outcome.rejection));
    if (!matches) expect({ outcome, command }).toEqual({ outcome: { acceptable: verdict }, command } as never);
    return;
  }
  if (verdict.kind === "lines") {
    expect(outcome as unknown).toEqual({ kind: "lines", lines: verdict.lines });
    return;
  }
  const { id, ...record } = verdict.record;
  const named = verdict.kind === "product" ? { productId: id, ...record } : { locationId: id, ...record };
  expect(outcome as unknown).toEqual({ kind: verdict.kind, [verdict.kind]: named });
}

function isAnswerTo(fault: Fault, rejection: object): boolean {
  const given: Record<string, unknown> = { ...rejection };
  return Object.entries(fault).every(([name, value]) => (given[name] ?? false) === value);
}

/** An entry without its parts (checked for themselves) and with its document parsed. */
function bare(entry: Entry) {
  const { onHand, reserved, unavailable, incoming } = entry.after;
  const after = { onHand, reserved, unavailable, incoming };
  return { ...entry, after, parts: null, detail: entry.detail === null ? null : JSON.parse(entry.detail) };
}

/** Every entry of a change with several entries names the positions of all of them, and no others. */
function checkParts(change: readonly Entry[]): void {
  if (change.length === 1) expect(change[0]!.parts).toBeNull();
  if (change.length < 2) return;
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
  expect(entry.version).toBe(mine.length + 1);
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
}

function compareWorlds(state: MemoryState, world: World): void {
  const sorted = (items: readonly Item[]) =>
    items.toSorted((a, b) => (a.productId + a.locationId < b.productId + b.locationId ? -1 : 1));
  expect(sorted(state.items)).toEqual(sorted(world.items.map(plainItem)));
  const products = world.products.map(({ id, ...rest }) => ({ productId: id, ...rest }));
  expect(state.products.toSorted(byId)).toEqual(products.sort(byId));
  const locations = world.locations.map(({ id, ...rest }) => ({ locationId: id, ...rest }));
  expect(state.locations.toSorted(byId)).toEqual(locations.sort(byId));
}

const idOf = (record: { productId: string } | { locationId: string }): string =>
  "productId" in record ? record.productId : record.locationId;
const byId = (a: Parameters<typeof idOf>[0], b: Parameters<typeof idOf>[0]): number => (idOf(a) < idOf(b) ? -1 : 1);
