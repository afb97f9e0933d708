/** Lines of one product from groups that overlap: what is there for all of them is found. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { locationDocument, SeedBook } from "../../../test/model/commands.ts";
import { compareRun } from "../../../test/model/compare.ts";
import { startMs } from "../../../test/model/draws.ts";
import { crowdedTemplate } from "../../../test/model/generate-orders.ts";
import { crowdedPast } from "../../../test/model/generate-past.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import { denied, held, reserve, settled, want, wantFrom } from "../../../test/model/reservation-commands.ts";
import type { ReserveCommand } from "../command.ts";
import type { OrderOutcome } from "../outcome.ts";
import { addSourcingPolicy } from "../sourcing/policies.ts";
import { priority } from "../sourcing/priority.ts";
import { type MovableLine, type Rest, secondTryStepsMax, trySecond } from "../sourcing/second-try.ts";

const now = startMs + 1_000;

interface Shelf {
  readonly groups: readonly string[];
  readonly onHand: number;
}

/** `p1` at `l1`, `l2`, … */
function shelved(...shelves: readonly Shelf[]): MemoryState {
  const book = new SeedBook(3, startMs).product("p1");
  for (const [index, { groups, onHand }] of shelves.entries()) {
    const locationId = `l${index + 1}`;
    book.location(locationId, "active", { ...locationDocument(), groups });
    book.item({ productId: "p1", locationId, levels: { onHand } });
  }
  return new MemoryState(book.partitionCount, book.entries);
}

/** `l1` is in `a`, `l2` in `a` and `b`, and `l3`, which is empty, in `b`. */
const overlapping = () =>
  shelved({ groups: ["a"], onHand: 5 }, { groups: ["a", "b"], onHand: 5 }, { groups: ["b"], onHand: 0 });

const placesOf = ({ lines }: OrderOutcome) =>
  lines.map((line) => [line.requestLine, line.locationId, line.held] as const);

const first = { priorities: ["l2"] };

test("a line makes room for another one that finds its units nowhere else, and the explanation says so", () => {
  const made = held(overlapping(), reserve([wantFrom("a", 5), wantFrom("b", 5)], first), now);
  expect(placesOf(made)).toEqual([
    [1, "l1", 5],
    [2, "l2", 5],
  ]);
  const [moved, served] = made.order.allocation!.lines;
  expect(moved).toMatchObject({ requested: 5, allocated: 5 });
  expect(moved!.candidates).toEqual([
    {
      locationId: "l2",
      available: 5,
      taken: 0,
      reason: "Second try, for a line that fell short takes from here: 0 of 5 taken, 5 at first.",
    },
    {
      locationId: "l1",
      available: 5,
      taken: 5,
      reason: "Second try, for a line fell short: 5 of 5 taken, 0 at first.",
    },
  ]);
  expect(served!.candidates[0]).toEqual({
    locationId: "l2",
    available: 5,
    taken: 5,
    reason: "Second try, for a line fell short: 5 of 5 taken, 0 at first.",
  });
});

test("only as much is moved as it takes", () => {
  const made = held(overlapping(), reserve([wantFrom("a", 4), wantFrom("b", 2)], first), now);
  expect(placesOf(made)).toEqual([
    [1, "l2", 3],
    [1, "l1", 1],
    [2, "l2", 2],
  ]);
});

test("what is not there for all lines together is refused, with what the second try found", () => {
  const lines = [wantFrom("a", 6), wantFrom("b", 5)];
  expect(denied(overlapping(), reserve(lines, first), now)).toMatchObject({
    code: "insufficient_stock",
    line: 1,
    available: 4,
    requested: 5,
  });
  expect(placesOf(held(overlapping(), reserve(lines, { ...first, policy: "partial" }), now))).toEqual([
    [1, "l2", 1],
    [1, "l1", 5],
    [2, "l2", 4],
  ]);
});

test("a line that names a location stays there", () => {
  const lines = [want(5, { locationId: "l2" }), wantFrom("a", 5), wantFrom("b", 1)];
  expect(denied(overlapping(), reserve(lines), now)).toMatchObject({ line: 2, available: 0, requested: 1 });
});

test("a channel's buffer stays, however lines are moved", () => {
  const lines = [wantFrom("a", 5), wantFrom("b", 5)];
  const withBuffer = (buffer: number) => {
    const document = { name: "Web", locations: [], locationGroups: ["a", "b"], products: null, buffer, buffers: {} };
    const book = new SeedBook(3, startMs).product("p1").channel("web", document);
    book.location("l1", "active", { ...locationDocument(), groups: ["a"] });
    book.location("l2", "active", { ...locationDocument(), groups: ["a", "b"] });
    book.location("l3", "active", { ...locationDocument(), groups: ["b"] });
    for (const locationId of ["l1", "l2"]) book.item({ productId: "p1", locationId, levels: { onHand: 5 } });
    return new MemoryState(3, book.entries);
  };
  const command = reserve(lines, { ...first, channelId: "web", policy: "partial" });
  expect(placesOf(held(withBuffer(0), command, now)).reduce((sum, [, , units]) => sum + units, 0)).toBe(10);
  expect(placesOf(held(withBuffer(2), command, now)).reduce((sum, [, , units]) => sum + units, 0)).toBe(8);
});

test("what a policy that does not yield has chosen stands", () => {
  addSourcingPolicy({ name: "insists", forRequest: (request) => priority.forRequest(request) });
  const lines = [wantFrom("a", 5), wantFrom("b", 5)];
  const command = reserve(lines, { ...first, sourcing: "insists" });
  expect(denied(overlapping(), command, now)).toMatchObject({ line: 1, available: 0, requested: 5 });
});

interface Want {
  readonly groups: number;
  readonly quantity: number;
}

/** Most units that some lines can take together: every way is tried. @param sets of each line, as bits of the places */
function mostOf(lines: readonly Want[], stock: readonly number[], known = new Map<string, number>()): number {
  const [line, ...others] = lines;
  if (line === undefined) return 0;
  const key = `${lines.length} ${stock}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  let most = 0;
  const take = (place: number, rest: readonly number[], taken: number): void => {
    if (place === stock.length) {
      most = Math.max(most, taken + mostOf(others, rest, known));
      return;
    }
    const there = (line.groups & (1 << place)) === 0 ? 0 : Math.min(rest[place]!, line.quantity - taken);
    for (let units = 0; units <= there; units++) take(place + 1, rest.with(place, rest[place]! - units), taken + units);
  };
  take(0, stock, 0);
  known.set(key, most);
  return most;
}

const placeCount = 4;
const groupIds = ["a", "b", "c"] as const;

const crowd = fc.record({
  /** Of each group, its places as bits. */
  groups: fc.tuple(...groupIds.map(() => fc.integer({ min: 1, max: 2 ** placeCount - 1 }))),
  stock: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: placeCount, maxLength: placeCount }),
  wants: fc.array(fc.record({ group: fc.nat({ max: 2 }), quantity: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  sourcing: fc.constantFrom("priority", "most_stock", "fewest_parcels"),
  priorities: fc.shuffledSubarray(["l1", "l2", "l3", "l4"]),
});

test("all lines are served when there is any way to serve them, and in part as much as any way would", () => {
  const property = fc.property(crowd, ({ groups, stock, wants, sourcing, priorities }) => {
    const shelves = stock.map((onHand, place) => ({
      groups: groupIds.filter((_, group) => (groups[group]! & (1 << place)) !== 0),
      onHand,
    }));
    const lines = wants.map(({ group, quantity }) => wantFrom(groupIds[group]!, quantity));
    const most = mostOf(
      wants.map(({ group, quantity }) => ({ groups: groups[group]!, quantity })),
      stock,
    );
    const asked = wants.reduce((sum, { quantity }) => sum + quantity, 0);
    const unitsHeld = (policy: ReserveCommand["policy"]): number => {
      const { outcome } = settled(shelved(...shelves), reserve(lines, { policy, sourcing, priorities }), now);
      return outcome.kind === "order" ? outcome.lines.reduce((sum, line) => sum + line.held, 0) : 0;
    };
    expect(unitsHeld("all")).toBe(most === asked ? asked : 0);
    expect(unitsHeld("partial")).toBe(most);
  });
  fc.assert(property, cases(1_000));
}, 60_000);

test("lines are moved as the reference model moves them", () => {
  const groups = fc.array(fc.record({ templates: fc.array(crowdedTemplate, { minLength: 1, maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 3,
  });
  const property = fc.property(crowdedPast, groups, (past, steps) =>
    compareRun(
      past,
      steps.map((step) => ({ nowMs: startMs, ...step })),
    ),
  );
  fc.assert(property, cases(600));
  expect.hasAssertions();
}, 60_000);

/** Line `i` of `count` can take at the places `i` and `i + 1`, and took at the second one; the last one finds nothing. */
function domino(count: number) {
  const lines = Array.from({ length: count }, (_, index): MovableLine & { readonly quantity: number } => ({
    locationIds: [`l${index}`, `l${index + 1}`],
    taken: new Map(index + 1 < count ? [[`l${index + 1}`, 1]] : []),
    missing: index + 1 < count ? 0 : 1,
    quantity: 1,
  }));
  const left = new Map(Array.from({ length: count + 1 }, (_, place) => [`l${place}`, place === 0 ? 1 : 0]));
  return { lines, left };
}

const takenBy = ({ taken }: MovableLine) => [...taken.values()].reduce((sum, units) => sum + units, 0);

test("with too few steps lines keep what they had, and nothing is taken twice", () => {
  const { lines, left } = domino(200);
  const short: Rest = { left, allowed: Number.POSITIVE_INFINITY, budget: { steps: 1_000 } };
  trySecond(lines, short);
  expect(lines.map(takenBy)).toEqual([...new Array(199).fill(1), 0]);
  expect(left.get("l0")).toBe(1);
  const enough: Rest = { left, allowed: Number.POSITIVE_INFINITY, budget: { steps: secondTryStepsMax } };
  trySecond(lines, enough);
  expect(lines.every((line) => takenBy(line) === 1 && line.missing === 0)).toBe(true);
  const places = lines.flatMap(({ taken }) => [...taken].filter(([, units]) => units > 0).map(([id]) => id));
  expect(new Set(places).size).toBe(200);
  expect(enough.budget.steps).toBeGreaterThan(0);
});
