/** From where policies take, why, and that the fewest parcels are the fewest. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { cases } from "../../../test/model/property-settings.ts";
import { orderLimits } from "../orders/order.ts";
import { addSourcingPolicy, sourcingPolicy, sourcingPolicyNames } from "./policies.ts";
import type { Candidate, Choice, Demand, SourcingRequest } from "./policy.ts";

type Stock = Readonly<Record<string, number>>;
type Line = readonly [productId: string, quantity: number, stock: Stock];

const candidatesOf = (stock: Stock): Candidate[] =>
  Object.entries(stock).map(([locationId, available]) => ({ locationId, available }));

/** Serves the lines one after the other; lines of one product share what is there. */
function serve(name: string, lines: readonly Line[], rest: Partial<SourcingRequest> = {}): readonly Choice[][] {
  const seen = lines.map(([productId, quantity, stock], index) => {
    const demand: Demand = { requestLine: index + 1, productId, quantity };
    return { demand, candidates: candidatesOf(stock) };
  });
  const choose = sourcingPolicy(name)!.forRequest({ lines: seen, priorities: [], sending: [], ...rest });
  const taken = new Map<string, number>();
  return seen.map(({ demand, candidates }) => {
    const keyOf = (locationId: string) => `${demand.productId}/${locationId}`;
    const left = candidates.map(({ locationId, available }) => ({
      locationId,
      available: available - (taken.get(keyOf(locationId)) ?? 0),
    }));
    const choices = [...choose(demand, left)];
    for (const choice of choices)
      taken.set(keyOf(choice.locationId), (taken.get(keyOf(choice.locationId)) ?? 0) + choice.taken);
    return choices;
  });
}

const takenBy = (choices: readonly Choice[]): Stock =>
  Object.fromEntries(choices.filter(({ taken }) => taken > 0).map(({ locationId, taken }) => [locationId, taken]));

const one = (name: string, quantity: number, stock: Stock, rest: Partial<SourcingRequest> = {}) =>
  serve(name, [["p1", quantity, stock]], rest)[0]!;

const sendersOf = (served: readonly (readonly Choice[])[]): string[] =>
  [...new Set(served.flatMap((choices) => Object.keys(takenBy(choices))))].sort();

test("there are three policies, and an own one can be added under a name of its own", () => {
  expect(sourcingPolicyNames().slice(0, 3)).toEqual(["priority", "most_stock", "fewest_parcels"]);
  expect(sourcingPolicy("last_resort")).toBeNull();
  const policy = { name: "last_resort", forRequest: () => () => [] };
  addSourcingPolicy(policy);
  expect(sourcingPolicy("last_resort")).toBe(policy);
  expect(() => addSourcingPolicy(policy)).toThrow("already");
});

test("by priority, the named locations come first and the others as they are", () => {
  const stock = { a: 2, b: 2, c: 2, d: 2 };
  expect(takenBy(one("priority", 3, stock))).toEqual({ a: 2, b: 1 });
  expect(takenBy(one("priority", 5, stock, { priorities: ["d", "x", "b"] }))).toEqual({ d: 2, b: 2, a: 1 });
});

test("by stock, the fullest comes first, and of equal ones the one with the higher priority", () => {
  expect(takenBy(one("most_stock", 5, { a: 1, b: 3, c: 4 }))).toEqual({ c: 4, b: 1 });
  expect(takenBy(one("most_stock", 1, { a: 3, b: 3 }))).toEqual({ a: 1 });
  expect(takenBy(one("most_stock", 1, { a: 3, b: 3 }, { priorities: ["b"] }))).toEqual({ b: 1 });
});

test("every candidate is told of in words: what it gave, and why not", () => {
  expect(one("priority", 3, { a: 2, b: 0, c: 2, d: 4 }, { priorities: ["a", "b"] })).toEqual([
    { locationId: "a", taken: 2, reason: "Place 1 by priority: 2 of 2 taken." },
    { locationId: "b", taken: 0, reason: "Place 2 by priority: nothing available." },
    { locationId: "c", taken: 1, reason: "Place 3, not in priorities: 1 of 2 taken." },
    { locationId: "d", taken: 0, reason: "Place 4, not in priorities: not needed." },
  ]);
  expect(one("most_stock", 1, { a: 1, b: 2 }).map(({ reason }) => reason)).toEqual([
    "Place 1 by stock: 1 of 2 taken.",
    "Place 2 by stock: not needed.",
  ]);
  expect(one("fewest_parcels", 2, { a: 1, b: 2 }).map(({ reason }) => reason)).toEqual([
    "The one location that the request is sent from: 2 of 2 taken.",
    "Would be one more parcel: not needed.",
  ]);
});

test("of very many candidates all that give something are told of, and some of the others", () => {
  const stock = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`l${index}`, index < 200 ? 0 : 1]));
  const choices = one("priority", 80, stock);
  expect(choices.reduce((sum, { taken }) => sum + taken, 0)).toBe(80);
  expect(choices.filter(({ taken }) => taken === 0)).toHaveLength(orderLimits.explainedCandidatesMax);
});

test("one location that has everything sends it, though others have more of each", () => {
  const lines: Line[] = [
    ["p1", 2, { a: 9, b: 2, c: 0 }],
    ["p2", 3, { a: 0, b: 3, c: 9 }],
  ];
  expect(serve("fewest_parcels", lines).map(takenBy)).toEqual([{ b: 2 }, { b: 3 }]);
});

test("a location that sends another line anyway costs no parcel", () => {
  const lines: Line[] = [["p1", 2, { a: 2, b: 2, c: 2 }]];
  expect(takenBy(serve("fewest_parcels", lines, { sending: ["c", "x"] })[0]!)).toEqual({ c: 2 });
});

test("of equally few the ones that come first by priority send", () => {
  const lines: Line[] = [["p1", 2, { a: 2, b: 2, c: 2 }]];
  expect(takenBy(serve("fewest_parcels", lines)[0]!)).toEqual({ a: 2 });
  expect(takenBy(serve("fewest_parcels", lines, { priorities: ["c", "b"] })[0]!)).toEqual({ c: 2 });
});

test("among the senders a line is not split where one of them has all of it", () => {
  const lines: Line[] = [
    ["p1", 4, { a: 4, b: 0 }],
    ["p2", 3, { a: 2, b: 3 }],
  ];
  expect(serve("fewest_parcels", lines).map(takenBy)).toEqual([{ a: 4 }, { b: 3 }]);
});

test("where greed would take one location more, the smaller set is found", () => {
  const lines: Line[] = [
    ["p1", 1, { wide: 1, a: 1, b: 0 }],
    ["p2", 1, { wide: 1, a: 1, b: 0 }],
    ["p3", 1, { wide: 1, a: 0, b: 1 }],
    ["p4", 1, { wide: 1, a: 0, b: 1 }],
    ["p5", 1, { wide: 0, a: 1, b: 0 }],
    ["p6", 1, { wide: 0, a: 0, b: 1 }],
  ];
  expect(sendersOf(serve("fewest_parcels", lines))).toEqual(["a", "b"]);
});

test("with hundreds of locations the answer comes soon and serves all there is", () => {
  const stock = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`l${index}`, 1 + (index % 3)]));
  const lines = Array.from({ length: 20 }, (_, index): Line => [`p${index}`, 60, stock]);
  const served = serve("fewest_parcels", lines);
  for (const choices of served) expect(choices.reduce((sum, { taken }) => sum + taken, 0)).toBe(60);
  expect(sendersOf(served)).toHaveLength(20);
});

test("a thousand locations for each of twenty lines, most of which have to send", () => {
  const lines = Array.from({ length: 20 }, (_, index): Line => {
    const stock = Array.from({ length: 1_000 }, (_, place) => [`l${index}-${place}`, 1 + ((index + place) % 5)]);
    return [`p${index}`, 2_500, Object.fromEntries(stock)];
  });
  const served = serve("fewest_parcels", lines);
  for (const choices of served) {
    expect(choices.reduce((sum, { taken }) => sum + taken, 0)).toBe(2_500);
    // The fullest: 200 of each size, from 5 down.
    expect(choices.filter(({ taken }) => taken > 0)).toHaveLength(650);
  }
});

const locationIds = ["a", "b", "c", "d", "e"];
const amounts = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 5 });
const product = fc.record({
  stock: amounts,
  quantities: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 2 }),
});
const drawnRequest = fc.record({
  products: fc.array(product, { minLength: 1, maxLength: 4 }),
  priorities: fc.shuffledSubarray(locationIds),
  sending: fc.subarray(locationIds, { maxLength: 2 }),
});

const linesOf = (products: readonly { stock: readonly number[]; quantities: readonly number[] }[]): Line[] =>
  products.flatMap(({ stock, quantities }, index) =>
    quantities.map((quantity): Line => {
      const entries = locationIds.map((locationId, place) => [locationId, stock[place]!]);
      return [`p${index}`, quantity, Object.fromEntries(entries)];
    }),
  );

/** Units of the request that some locations can send, product by product. */
const coveredBy = (
  products: readonly { stock: readonly number[]; quantities: readonly number[] }[],
  set: number,
): number =>
  products.reduce((sum, { stock, quantities }) => {
    const there = stock.reduce((units, available, place) => units + ((set >> place) & 1 ? available : 0), 0);
    return (
      sum +
      Math.min(
        there,
        quantities.reduce((units, quantity) => units + quantity, 0),
      )
    );
  }, 0);

const sizeOf = (set: number): number => locationIds.filter((_, place) => (set >> place) & 1).length;

test("every policy takes what there is, never more, and the fewest parcels are as few as can be", () => {
  const property = fc.property(drawnRequest, ({ products, priorities, sending }) => {
    const lines = linesOf(products);
    const everywhere = 2 ** locationIds.length - 1;
    const most = coveredBy(products, everywhere);
    for (const name of ["priority", "most_stock", "fewest_parcels"]) {
      const served = serve(name, lines, { priorities, sending });
      expect(serve(name, lines, { priorities, sending })).toEqual(served);
      const taken = served.flat().reduce((sum, choice) => sum + choice.taken, 0);
      expect(taken).toBe(most);
      for (const [index, choices] of served.entries()) {
        const [, quantity, stock] = lines[index]!;
        expect(choices.reduce((sum, choice) => sum + choice.taken, 0)).toBeLessThanOrEqual(quantity);
        for (const choice of choices) expect(choice.taken).toBeLessThanOrEqual(stock[choice.locationId]!);
      }
    }
    const free = sending.reduce((set, locationId) => set | (1 << locationIds.indexOf(locationId)), 0);
    const sets = Array.from({ length: everywhere + 1 }, (_, set) => set | free);
    const enough = sets.filter((set) => coveredBy(products, set) === most).map((set) => sizeOf(set & ~free));
    const senders = sendersOf(serve("fewest_parcels", lines, { priorities, sending }));
    const parcels = senders.filter((locationId) => !sending.includes(locationId)).length;
    expect(parcels).toBe(Math.min(...enough));
  });
  fc.assert(property, cases(500));
});
