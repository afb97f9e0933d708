/** Holds what `decide` did against what the reference model says. */
import { expect } from "bun:test";
import { quantityMax } from "@onhand/protocol/vocabulary";
import type { Command } from "../../src/core/command.ts";
import { decide } from "../../src/core/decide.ts";
import type { SeedBook } from "./commands.ts";
import { checkEntries, checkParts, withoutWords } from "./compare-entries.ts";
import { compareOutcome } from "./compare-outcomes.ts";
import { compareWorlds, Promises } from "./compare-worlds.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { Template } from "./draws.ts";
import { MemoryState } from "./memory-state.ts";
import { execute, finishGroup } from "./reference-model.ts";
import { hideDue } from "./reference-orders.ts";
import { LeftOpen, type Verdict } from "./verdict.ts";
import { copyOf, type World, worldAfter } from "./world.ts";

export interface Group {
  readonly nowMs: number;
  /** Due lines that are read for it; all when absent. */
  readonly dueReadMax?: number;
  readonly templates: readonly Template[];
}

/** Runs groups of commands through both sides and compares all there is after each. */
export function compareRun(past: SeedBook, groups: readonly Group[]): void {
  const state = new MemoryState(past.partitionCount, past.entries);
  const world = worldAfter(past.partitionCount, past.entries);
  const promises = new Promises(state);
  for (const group of groups) {
    for (const templates of apart(group.templates, world)) {
      const commands: Command[] = [];
      const before = state.copy();
      try {
        compareGroup(state, world, templates, group, commands);
        promises.check(state);
      } catch (error) {
        if (error instanceof LeftOpen) return;
        throw new Error(`${describeCase(before, commands, group)}\n${error}`);
      }
    }
  }
}

/** Templates are functions, which say nothing in a report: this names what they became. */
function describeCase(before: MemoryState, commands: readonly Command[], { nowMs, dueReadMax }: Group): string {
  const asked = commands.map((command) =>
    JSON.stringify(command.kind === "inventory" ? command.lines : command, (name, value) =>
      ["key", "requestHash", "traceparent", "salt", "commitment"].includes(name) ? undefined : value,
    ),
  );
  const { items, products, locations, channels, orders, lines } = before;
  const there = JSON.stringify({ items, products, locations, channels, orders, lines });
  const read = dueReadMax === undefined ? "" : `, ${dueReadMax} due lines read,`;
  return `at ${nowMs}${read} with ${there}\ncommands:\n${asked.join("\n")}`;
}

/** A deletion of a product or a location must be decided alone in its group. */
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

/** @throws LeftOpen when channels are told of several places together, and of more than a quantity can hold */
function assertExact({ channelLevels }: World): void {
  if (channelLevels.some(({ sellable }) => sellable > BigInt(quantityMax))) throw new LeftOpen("beyond what is exact");
}

function compareGroup(
  state: MemoryState,
  world: World,
  templates: readonly Template[],
  { nowMs, dueReadMax = Number.POSITIVE_INFINITY }: Group,
  commands: Command[],
): void {
  const verdicts: Verdict[] = [];
  const lengths: number[] = [];
  const known = world.entries.length;
  hideDue(world, nowMs, dueReadMax);
  const group = copyOf(world);
  for (const template of templates) {
    const command = deepFreeze({ ...template(world), requestId: `req_${world.entries.length}_${commands.length}` });
    commands.push(command);
    verdicts.push(execute(world, command, nowMs, group));
    lengths.push(world.entries.length);
  }
  finishGroup(world, group, nowMs);
  assertExact(world);
  state.nowMs = nowMs;
  state.dueReadMax = dueReadMax;
  const { outcomes, draft } = decide(state, commands, nowMs);
  expect(outcomes.length).toBe(commands.length);
  for (const [index, outcome] of outcomes.entries()) compareOutcome(outcome, verdicts[index]!, commands[index]!);

  const expected = world.entries.slice(known);
  expect(draft.entries.map(withoutWords)).toEqual(expected.map(withoutWords));
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
