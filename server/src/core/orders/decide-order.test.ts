/** How commands may be grouped and ordered, and that deciding leaves no trace but the decision. */
import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import { adjust, inventory, SeedBook } from "../../../test/model/commands.ts";
import { deepFreeze } from "../../../test/model/deep-freeze.ts";
import { locationIds, nowMs, productIds, startMs, type Template } from "../../../test/model/draws.ts";
import { past, pastWithoutChannels } from "../../../test/model/generate-past.ts";
import { stockTemplate, template } from "../../../test/model/generators.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import { execute } from "../../../test/model/reference-model.ts";
import { worldAfter } from "../../../test/model/world.ts";
import type { Command } from "../command.ts";
import { decide } from "../decide.ts";
import type { Outcome } from "../outcome.ts";
import type { Entry } from "../record/entry.ts";

const timeoutMs = 20_000;
const templates = fc.array(template, { minLength: 1, maxLength: 12 });

/**
 * What the templates become one after the other. Left out are changes of what a group looks at as it was in front of it:
 * of locations and channels; and deletions, for they stand alone.
 * @param keepsDemand false: also what is refused for want of stock, which is told of a group as a whole
 */
function commandsFor(book: SeedBook, drawn: readonly Template[], atMs: number, keepsDemand = true): Command[] {
  const world = worldAfter(book.partitionCount, book.entries);
  const commands: Command[] = [];
  for (const make of drawn) {
    const command = deepFreeze(make(world));
    if (command.kind === "location" || command.kind === "channel" || command.kind === "channel-refresh") continue;
    if ("operation" in command && command.operation.kind === "delete") continue;
    execute(world, command, atMs);
    const isTold = world.refused.length > 0;
    world.refused = [];
    if (!isTold || keepsDemand) commands.push(command);
  }
  return commands;
}

function decideGroups(book: SeedBook, groups: readonly (readonly Command[])[], atMs: number) {
  const state = new MemoryState(book.partitionCount, book.entries);
  const entries: Entry[] = [];
  const outcomes: Outcome[] = [];
  for (const group of groups) {
    state.nowMs = atMs;
    const decision = decide(state, group, atMs);
    state.adopt(decision.draft);
    entries.push(...decision.draft.entries);
    outcomes.push(...decision.outcomes);
  }
  return { state, entries, outcomes };
}

const levelsOf = (state: MemoryState) =>
  state.items.map((item) => `${item.productId} ${item.locationId} ${item.onHand} ${item.unavailable}`).sort();

test(
  "splitting commands into groups anywhere changes neither entries nor outcomes",
  () => {
    const property = fc.property(
      pastWithoutChannels,
      templates,
      nowMs,
      fc.array(fc.nat({ max: 12 })),
      (book, drawn, atMs, cuts) => {
        const commands = commandsFor(book, drawn, atMs, false);
        const edges = [0, ...cuts.filter((cut) => cut < commands.length).sort((a, b) => a - b), commands.length];
        const groups = edges.slice(1).map((edge, index) => commands.slice(edges[index], edge));
        const whole = decideGroups(book, [commands], atMs);
        const split = decideGroups(book, groups, atMs);
        expect(split.entries).toEqual(whole.entries);
        expect(split.outcomes).toEqual(whole.outcomes);
      },
    );
    fc.assert(property, cases(500));
  },
  timeoutMs,
);

test(
  "the same state, commands and time give the same decision, and neither state nor commands change",
  () => {
    const property = fc.property(past, templates, nowMs, (book, drawn, atMs) => {
      const commands = commandsFor(book, drawn, atMs);
      const state = new MemoryState(book.partitionCount, book.entries);
      state.nowMs = atMs;
      const before = JSON.stringify(state);
      const first = decide(state, commands, atMs);
      const second = decide(state, commands, atMs);
      expect(second.outcomes).toEqual(first.outcomes);
      expect(second.draft.entries).toEqual(first.draft.entries);
      expect(JSON.stringify(state)).toBe(before);
    });
    fc.assert(property, cases(300));
  },
  timeoutMs,
);

test(
  "refused commands leave no trace but that they are told of: without them the other entries are the same",
  () => {
    const stockTemplates = fc.array(stockTemplate, { minLength: 1, maxLength: 12 });
    const property = fc.property(past, stockTemplates, nowMs, (book, drawn, atMs) => {
      const commands = commandsFor(book, drawn, atMs);
      const { entries, outcomes } = decideGroups(book, [commands], atMs);
      const applied = commands.filter((_command, index) => outcomes[index]!.kind !== "rejected");
      const own = entries.filter(({ kind }) => kind !== entryKinds.inventoryDemandRefused);
      expect(decideGroups(book, [applied], atMs).entries).toEqual(own);
    });
    fc.assert(property, cases(300));
  },
  timeoutMs,
);

const stocked = () => {
  const book = new SeedBook(3, startMs);
  for (const productId of productIds) book.product(productId);
  for (const locationId of locationIds) book.location(locationId);
  for (const productId of productIds) book.item({ productId, locationId: "l1", levels: { onHand: 20, reserved: 2 } });
  return book;
};

const adjustments = fc.array(
  fc.record({
    productId: fc.constantFrom(...productIds),
    locationId: fc.constantFrom(...locationIds),
    adjustment: fc.integer({ min: -5, max: 6 }),
  }),
  { minLength: 1, maxLength: 4 },
);

test(
  "adjustments commute: in every order in which all of them succeed the levels end the same",
  () => {
    const list = fc.array(adjustments, { minLength: 2, maxLength: 8 });
    const shuffled = list.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })),
    );
    const property = fc.property(shuffled, ([all, order]) => {
      const commands = all.map((lines) => inventory(...lines.map((line) => adjust(line.adjustment, line))));
      const straight = decideGroups(stocked(), [commands], startMs);
      const permuted = decideGroups(stocked(), [order.map((index) => commands[index]!)], startMs);
      const succeeded = [...straight.outcomes, ...permuted.outcomes].every((outcome) => outcome.kind === "lines");
      fc.pre(succeeded);
      expect(levelsOf(permuted.state)).toEqual(levelsOf(straight.state));
    });
    fc.assert(property, cases(400));
  },
  timeoutMs,
);

test(
  "commands for different items do not touch each other, whatever their order",
  () => {
    const places = productIds.flatMap((productId) => locationIds.map((locationId) => ({ productId, locationId })));
    const amounts = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: places.length, maxLength: places.length });
    const order = fc.shuffledSubarray([...places.keys()], { minLength: places.length });
    const property = fc.property(amounts, order, (amount, shuffled) => {
      const commands = places.map((place, index) => inventory(adjust(amount[index]!, place)));
      const straight = decideGroups(stocked(), [commands], startMs);
      const permuted = decideGroups(stocked(), [shuffled.map((index) => commands[index]!)], startMs);
      expect(levelsOf(permuted.state)).toEqual(levelsOf(straight.state));
      const kinds = shuffled.map((index) => straight.outcomes[index]!.kind);
      expect(permuted.outcomes.map((outcome) => outcome.kind)).toEqual(kinds);
    });
    fc.assert(property, cases(300));
  },
  timeoutMs,
);

test("an inventory command without lines changes nothing", () => {
  const { draft, outcomes } = decide(new MemoryState(3, stocked().entries), [inventory()], startMs);
  expect(outcomes).toEqual([{ kind: "lines", lines: [] }]);
  expect(draft.entries).toEqual([]);
});

test("no commands make an empty decision", () => {
  const { draft, outcomes } = decide(new MemoryState(3), [], startMs);
  expect(outcomes).toEqual([]);
  expect(draft.entries).toEqual([]);
});
