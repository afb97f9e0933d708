/** Reservations that do not say where from: by group, by channel, and how the choice is explained. */
import { expect, test } from "bun:test";
import { locationDocument, SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import {
  commitOf,
  denied,
  held,
  onReservation,
  reserve,
  want,
  wantFrom,
} from "../../../test/model/reservation-commands.ts";
import { levelsAt } from "../../../test/model/transfer-commands.ts";
import type { ChannelDocument } from "../catalogue/catalogue.ts";
import { decide } from "../decide.ts";
import type { OrderOutcome } from "../outcome.ts";
import { partitionOf } from "../record/partition.ts";
import { addSourcingPolicy } from "../sourcing/policies.ts";

const now = 1_700_000_000_000;

const at = (...groups: string[]) => ({ ...locationDocument(), groups });
const web: ChannelDocument = {
  name: "Web",
  locations: ["l3", "l1"],
  locationGroups: [],
  products: null,
  buffer: 0,
  buffers: {},
};

/** `l1` and `l2` are `eu`, `l2` and `l3` are `north`; of `p1` 5, 3 and 8 are there, of `p2` 0, 4 and 4. */
function stocked(channel: Partial<ChannelDocument> = {}): MemoryState {
  const book = new SeedBook(5, now - 1_000).product("p1").product("p2");
  book.location("l1", "active", at("eu")).location("l2", "active", at("eu", "north"));
  book.location("l3", "active", at("north")).location("l4", "archived", at("eu", "old"));
  for (const [index, onHand] of [5, 3, 8].entries()) {
    book.item({ productId: "p1", locationId: `l${index + 1}`, levels: { onHand }, safetyStock: 1 });
  }
  for (const locationId of ["l2", "l3"]) book.item({ productId: "p2", locationId, levels: { onHand: 4 } });
  book.channel("web", { ...web, ...channel });
  return new MemoryState(book.partitionCount, book.entries);
}

const placesOf = ({ lines }: OrderOutcome) =>
  lines.map((line) => [line.requestLine, line.locationId, line.held] as const);

const explained = ({ order }: OrderOutcome, line = 0) =>
  order.allocation!.lines[line]!.candidates.map(({ locationId, available, taken }) => [locationId, available, taken]);

test("a line that names a group is taken from its locations, and becomes a line for each", () => {
  const state = stocked();
  const made = held(state, reserve([wantFrom("eu", 7)]), now);
  expect(placesOf(made)).toEqual([
    [1, "l1", 5],
    [1, "l2", 2],
  ]);
  expect(made.order.allocation).toEqual({
    policy: "priority",
    lines: [
      {
        requestLine: 1,
        productId: "p1",
        requested: 7,
        allocated: 7,
        candidates: [
          { locationId: "l1", available: 5, taken: 5, reason: "Place 1 by priority: 5 of 5 taken." },
          { locationId: "l2", available: 3, taken: 2, reason: "Place 2 by priority: 2 of 3 taken." },
        ],
      },
    ],
  });
  expect(levelsAt(state, "p1", "l2")).toEqual([3, 2, 0, 0, 1]);
  expect(held(state, onReservation(state, made.order.orderId, commitOf()), now).lines).toHaveLength(2);
});

test("priorities and policies choose among the locations of the group", () => {
  const order = { priorities: ["l2", "l9"] };
  expect(placesOf(held(stocked(), reserve([wantFrom("eu", 4)], order), now))).toEqual([
    [1, "l2", 3],
    [1, "l1", 1],
  ]);
  const most = { sourcing: "most_stock" };
  expect(placesOf(held(stocked(), reserve([wantFrom("north", 9)], most), now))).toEqual([
    [1, "l3", 8],
    [1, "l2", 1],
  ]);
});

test("the whole request comes from as few locations as possible, named ones counted", () => {
  const fewest = { sourcing: "fewest_parcels" };
  const lines = [wantFrom("north", 3), wantFrom("north", 4, "p2")];
  expect(placesOf(held(stocked(), reserve(lines, fewest), now))).toEqual([
    [1, "l2", 3],
    [2, "l2", 4],
  ]);
  const withNamed = [...lines, want(1, { locationId: "l3" })];
  expect(placesOf(held(stocked(), reserve(withNamed, fewest), now))).toEqual([
    [1, "l3", 3],
    [2, "l3", 4],
    [3, "l3", 1],
  ]);
});

test("named lines come first, then those with fewer candidates, so that each finds its units", () => {
  const channel = { channelId: "web" };
  const lines = [want(7, { locationId: null }), want(4), wantFrom("eu", 0 + 1)];
  const state = stocked({ locations: ["l1", "l2", "l3"] });
  expect(placesOf(held(state, reserve(lines, channel), now))).toEqual([
    [1, "l2", 1],
    [1, "l3", 6],
    [2, "l1", 4],
    [3, "l2", 1],
  ]);
});

test("what a group cannot give is refused, with what it could have given", () => {
  const state = stocked();
  expect(denied(state, reserve([want(1), wantFrom("eu", 9)]), now)).toMatchObject({
    code: "insufficient_stock",
    line: 1,
    available: 7,
    requested: 9,
  });
  const twice = denied(state, reserve([wantFrom("eu", 5), wantFrom("eu", 5)]), now);
  expect(twice).toMatchObject({ line: 1, available: 8, requested: 10 });
});

test("a partial request takes what the group has, and tells of every candidate", () => {
  const made = held(stocked(), reserve([wantFrom("eu", 3, "p2"), wantFrom("eu", 9)], { policy: "partial" }), now);
  expect(placesOf(made)).toEqual([
    [1, "l2", 3],
    [2, "l1", 5],
    [2, "l2", 3],
  ]);
  expect(explained(made)).toEqual([
    ["l1", 0, 0],
    ["l2", 4, 3],
  ]);
  expect(made.order.allocation!.lines[0]!.candidates[0]!.reason).toContain("no item in use");
  expect(made.order.allocation!.lines.map(({ allocated }) => allocated)).toEqual([3, 8]);
});

test("a channel takes from its own locations in its own order, and leaves the safety stock", () => {
  const made = held(stocked(), reserve([want(9, { locationId: null })], { channelId: "web" }), now);
  expect(placesOf(made)).toEqual([
    [1, "l3", 7],
    [1, "l1", 2],
  ]);
  expect(made.order.channelId).toBe("web");
  expect(explained(made)).toEqual([
    ["l3", 7, 7],
    ["l1", 4, 2],
  ]);
  expect(made.order.allocation!.lines[0]!.candidates[1]!.reason).toContain("a safety stock of 1 stays");
  const rejection = denied(stocked(), reserve([want(12, { locationId: null })], { channelId: "web" }), now);
  expect(rejection).toMatchObject({ code: "insufficient_stock", available: 11, requested: 12 });
});

test("a channel's buffer is kept over all its locations, also from lines that name one", () => {
  const channel = { channelId: "web" };
  const state = () => stocked({ buffer: 1, buffers: { p1: 6 } });
  expect(denied(state(), reserve([want(5, { locationId: "l3" }), want(1)], channel), now)).toMatchObject({
    line: 1,
    available: 0,
    requested: 1,
  });
  expect(denied(state(), reserve([want(6, { locationId: "l3" })], channel), now)).toMatchObject({ available: 5 });
  expect(held(state(), reserve([want(5, { locationId: "l3" })], channel), now).lines).toHaveLength(1);
  const partial = reserve([want(4), want(4, { locationId: null })], { ...channel, policy: "partial" });
  const made = held(state(), partial, now);
  expect(placesOf(made)).toEqual([
    [1, "l1", 4],
    [2, "l3", 1],
  ]);
  expect(made.order.allocation!.lines[1]!.candidates[0]!.reason).toContain("the channel's buffer stays");
});

test("what is due at another location of the channel counts again at once", () => {
  const state = stocked({ buffer: 11 });
  held(state, reserve([want(3, { locationId: "l3" })]), now);
  const command = reserve([want(1)], { channelId: "web", policy: "partial" });
  expect(denied(state, command, now + 999)).toMatchObject({ code: "insufficient_stock" });
  const more = stocked({ buffer: 10 });
  held(more, reserve([want(3, { locationId: "l3" })]), now);
  expect(denied(more, command, now + 999)).toMatchObject({ code: "insufficient_stock" });
  expect(held(more, command, now + 1_000).lines).toMatchObject([{ held: 1 }]);
});

test("a line whose channel may have no more of it is explained as well", () => {
  const state = stocked({ buffers: { p1: 99 } });
  const lines = [want(1, { locationId: null }), want(1, { productId: "p2", locationId: null })];
  const made = held(state, reserve(lines, { channelId: "web", policy: "partial" }), now);
  expect(placesOf(made)).toEqual([[2, "l3", 1]]);
  expect(made.order.allocation!.lines[0]!.candidates[0]!.reason).toContain("may have no more");
});

test("a channel does not sell what is not its own, nor from where it does not sell", () => {
  const channel = { channelId: "web" };
  const state = stocked({ products: ["p1"] });
  const code = "validation_failed";
  const cases = [
    [want(1, { productId: "p2", locationId: "l3" }), "/lines/0/productId"],
    [want(1, { locationId: "l2" }), "/lines/0/locationId"],
  ] as const;
  for (const [line, pointer] of cases)
    expect(denied(state, reserve([line], channel), now)).toMatchObject({ code, pointer });
  const elsewhere = stocked({ locations: ["l1"] });
  expect(denied(elsewhere, reserve([wantFrom("north", 1)], channel), now)).toMatchObject({
    code,
    pointer: "/lines/0/locationGroup",
  });
});

test("a group without a location in use is not there", () => {
  expect(denied(stocked(), reserve([wantFrom("old", 1)]), now)).toMatchObject({
    code: "not_found",
    pointer: "/lines/0/locationGroup",
  });
});

test("an own policy is asked like any other, and one that takes what is not there breaks the decision", () => {
  const choices = { last: [{ locationId: "l2", taken: 1, reason: "The last one." }] };
  addSourcingPolicy({ name: "last_first", forRequest: () => () => choices.last });
  expect(placesOf(held(stocked(), reserve([wantFrom("eu", 1)], { sourcing: "last_first" }), now))).toEqual([
    [1, "l2", 1],
  ]);
  addSourcingPolicy({ name: "from_nowhere", forRequest: () => () => [{ locationId: "l9", taken: 1, reason: "?" }] });
  addSourcingPolicy({ name: "too_much", forRequest: () => () => [{ locationId: "l1", taken: 2, reason: "?" }] });
  for (const sourcing of ["from_nowhere", "too_much"]) {
    expect(() => decide(stocked(), [reserve([wantFrom("eu", 1)], { sourcing })], now)).toThrow(`policy ${sourcing}`);
  }
});

test("a request over several partitions is explained line by line in the order of the request", () => {
  const lines = [wantFrom("north", 5, "p2"), want(1), wantFrom("eu", 4)];
  const { order } = held(stocked(), reserve(lines), now);
  expect(order.partition).toBe(partitionOf("p2", 5));
  expect(order.allocation!.lines.map(({ requestLine }) => requestLine)).toEqual([1, 2, 3]);
});

test("what is refused whatever is chosen asks no policy", () => {
  let asked = 0;
  addSourcingPolicy({
    name: "counts_questions",
    forRequest: () => {
      asked += 1;
      return (_demand, candidates) => candidates.map(({ locationId }) => ({ locationId, taken: 0, reason: "None." }));
    },
  });
  const counted = { sourcing: "counts_questions" };
  const short = denied(stocked(), reserve([wantFrom("eu", 1, "p2"), wantFrom("eu", 9)], counted), now);
  expect(short).toMatchObject({ code: "insufficient_stock", line: 1, available: 8, requested: 9 });
  const named = denied(stocked(), reserve([wantFrom("eu", 1), want(6)], counted), now);
  expect(named).toMatchObject({ code: "insufficient_stock", line: 1, available: 5, requested: 6 });
  expect(asked).toBe(0);
  expect(denied(stocked(), reserve([wantFrom("eu", 8)], counted), now)).toMatchObject({ available: 0 });
  expect(asked).toBe(1);
});
