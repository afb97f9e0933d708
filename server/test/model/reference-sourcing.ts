/** Reference model of sourcing: where the units of each line of a request come from. */
import type { ReserveCommand } from "../../src/core/command.ts";
import type { Allocation } from "../../src/core/orders/order.ts";
import { behindBuffer, sellableOver } from "./reference-channels.ts";
import { candidatesOf } from "./reference-concern.ts";
import { LeftOpen } from "./verdict.ts";
import { recordedItem, type World } from "./world.ts";

/** Units of a line that are taken at a place. */
export interface ModelTake {
  readonly requestLine: number;
  readonly productId: string;
  readonly locationId: string;
  readonly quantity: bigint;
}

interface Looked {
  readonly locationId: string;
  readonly available: bigint;
}

/** Places that were looked at for a line, in order, and what was taken. */
type Served = readonly (Looked & { readonly taken: bigint })[];

/** What may be taken while the lines of a request are served one after the other. */
class Shelf {
  readonly #world: World;
  readonly #hasChannel: boolean;
  /** Of each product: how much of it the channel may still have. */
  readonly #allowances: { readonly productId: string; left: bigint }[];
  readonly #taken: ModelTake[] = [];

  constructor(world: World, group: World, command: ReserveCommand) {
    this.#world = world;
    const channel = world.channels.find((one) => one.id === command.channelId);
    this.#hasChannel = channel !== undefined;
    const products = channel === undefined ? [] : [...new Set(command.lines.map(({ productId }) => productId))];
    this.#allowances = products.map((productId) => ({
      productId,
      left: behindBuffer(channel!.document, productId, sellableOver(world, group, channel!.document, productId)),
    }));
  }

  at(productId: string, locationId: string): bigint {
    const item = recordedItem(this.#world, productId, locationId);
    if (item === null || item.life !== "active") return 0n;
    const gone = this.#taken
      .filter((take) => take.productId === productId && take.locationId === locationId)
      .reduce((sum, { quantity }) => sum + quantity, 0n);
    const kept = this.#hasChannel ? item.safetyStock : 0n;
    return atLeastNone(item.onHand - item.reserved - item.unavailable - kept - gone);
  }

  /** No more of a product than its channel may have. */
  allowed(productId: string, units: bigint): bigint {
    const allowance = this.#allowances.find((one) => one.productId === productId);
    return allowance === undefined ? units : least(units, allowance.left);
  }

  take(take: ModelTake): void {
    this.#taken.push(take);
    const allowance = this.#allowances.find((one) => one.productId === take.productId);
    if (allowance !== undefined) allowance.left -= take.quantity;
  }
}

const atLeastNone = (units: bigint): bigint => (units > 0n ? units : 0n);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const sum = (served: Served): bigint => served.reduce((units, { taken }) => units + taken, 0n);

export interface Sourced {
  readonly takes: readonly ModelTake[];
  /** Units found for each line of the request. */
  readonly found: readonly bigint[];
  readonly allocation: Allocation | null;
}

/** Serves every line as far as possible: named places first, then the lines with the fewest places to choose from. */
export function sourceAll(world: World, group: World, command: ReserveCommand): Sourced {
  const shelf = new Shelf(world, group, command);
  const served: Served[] = command.lines.map(() => []);
  const serve = (index: number, places: Served): void => {
    served[index] = places;
    const { productId } = command.lines[index]!;
    for (const { locationId, taken } of places) {
      if (taken > 0n) shelf.take({ requestLine: index + 1, productId, locationId, quantity: taken });
    }
  };
  for (const [index, { productId, locationId, quantity }] of command.lines.entries()) {
    if (locationId === null) continue;
    const there = shelf.allowed(productId, shelf.at(productId, locationId));
    serve(index, [{ locationId, available: there, taken: least(BigInt(quantity), there) }]);
  }
  const open = command.lines
    .map((line, index) => ({ index, line, places: candidatesOf(world, group, command, line) }))
    .filter(({ line }) => line.locationId === null)
    .sort((a, b) => a.places.length - b.places.length);
  const look = ({ line, places }: (typeof open)[number]) => ({
    productId: line.productId,
    wanted: shelf.allowed(line.productId, BigInt(line.quantity)),
    places: places.map((locationId) => ({ locationId, available: shelf.at(line.productId, locationId) })),
  });
  // Where all is asked for and a line is short whatever is chosen, nothing is chosen.
  const isShort = (index: number): boolean => sum(served[index]!) < BigInt(command.lines[index]!.quantity);
  const isHopeless =
    command.policy === "all" &&
    (command.lines.some(({ locationId }, index) => locationId !== null && isShort(index)) ||
      open.map(look).some(({ wanted, places }, at) => {
        const there = places.reduce((units, { available }) => units + available, 0n);
        return least(wanted, there) < BigInt(open[at]!.line.quantity);
      }));
  const asked: ReserveCommand = isHopeless ? { ...command, sourcing: "priority" } : command;
  const parcels = asked.sourcing === "fewest_parcels" ? fewestPlaces(command, open.map(look)) : [];
  for (const one of open) {
    const { wanted, places } = look(one);
    const ordered = wanted === 0n ? places : orderPlaces(asked, places, wanted, parcels);
    serve(one.index, takeInOrder(ordered, wanted));
  }
  if (!isHopeless) serveShort(command, shelf, open, served);
  const takes = served.flatMap((places, index) =>
    places
      .filter(({ taken }) => taken > 0n)
      .map(({ locationId, taken }) => ({
        requestLine: index + 1,
        productId: command.lines[index]!.productId,
        locationId,
        quantity: taken,
      })),
  );
  const isExplained = open.length > 0 || command.policy === "partial";
  return { takes, found: served.map(sum), allocation: isExplained ? explained(command, served) : null };
}

/** Where one line takes in place of the next one; the last takes what is left. */
type Chain = readonly { readonly index: number; readonly locationId: string }[];

/** Lines that fell short are served by moving as few others of their product as possible, until nobody can be moved. */
function serveShort(
  command: ReserveCommand,
  shelf: Shelf,
  open: readonly { readonly index: number; readonly places: readonly string[] }[],
  served: Served[],
): void {
  for (const { index } of open) {
    const { productId, quantity } = command.lines[index]!;
    const same = open.filter((other) => command.lines[other.index]!.productId === productId);
    const takenAt = (line: number, locationId: string): bigint =>
      served[line]!.find((place) => place.locationId === locationId)?.taken ?? 0n;
    /** All chains of so many lines that begin with one, by the order of places and lines. */
    const chainsOf = (line: number, length: number, before: Chain): Chain[] => {
      const unordered = same.find((other) => other.index === line)!.places;
      const places = preferred(
        command,
        unordered.map((locationId) => ({ locationId, available: 0n })),
      );
      return places
        .filter(({ locationId }) => !before.some((link) => link.locationId === locationId))
        .flatMap(({ locationId }) => {
          const chain = [...before, { index: line, locationId }];
          if (length === 1) return shelf.at(productId, locationId) > 0n ? [chain] : [];
          return same
            .filter((other) => takenAt(other.index, locationId) > 0n)
            .filter((other) => !chain.some((link) => link.index === other.index))
            .flatMap((other) => chainsOf(other.index, length - 1, chain));
        });
    };
    const lengths = same.map((_, position) => position + 1);
    for (;;) {
      const missing = shelf.allowed(productId, BigInt(quantity) - sum(served[index]!));
      const chain = same.length < 2 || missing === 0n ? undefined : lengths.flatMap((of) => chainsOf(index, of, []))[0];
      if (chain === undefined) break;
      const given = chain.slice(1).map((link, at) => takenAt(link.index, chain[at]!.locationId));
      const units = [...given, shelf.at(productId, chain.at(-1)!.locationId)].reduce(least, missing);
      const add = (line: number, locationId: string, more: bigint): void => {
        shelf.take({ requestLine: line + 1, productId, locationId, quantity: more });
        served[line] = served[line]!.map((place) => {
          if (place.locationId !== locationId) return place;
          const taken = place.taken + more;
          return { ...place, taken, available: taken > place.available ? taken : place.available };
        });
      };
      for (const [at, link] of chain.entries()) {
        if (at > 0) add(link.index, chain[at - 1]!.locationId, -units);
        add(link.index, link.locationId, units);
      }
    }
  }
}

function takeInOrder(places: readonly Looked[], wanted: bigint): Served {
  let left = wanted;
  return places.map((place) => {
    const taken = least(left, place.available);
    left -= taken;
    return { ...place, taken };
  });
}

/** Places that the caller prefers first, in the caller's order; the others as they came. */
const preferred = <Place extends Looked>({ priorities }: ReserveCommand, places: readonly Place[]): Place[] => [
  ...priorities.flatMap((id) => places.filter(({ locationId }) => locationId === id)),
  ...places.filter(({ locationId }) => !priorities.includes(locationId)),
];

const fullestFirst = (places: readonly Looked[]): Looked[] =>
  places.toSorted((a, b) => (a.available === b.available ? 0 : a.available > b.available ? -1 : 1));

function orderPlaces(
  command: ReserveCommand,
  places: readonly Looked[],
  wanted: bigint,
  parcels: readonly string[],
): Looked[] {
  const ordered = preferred(command, places);
  if (command.sourcing === "priority") return ordered;
  if (command.sourcing === "most_stock") return fullestFirst(ordered);
  const wholeFirst = (some: readonly Looked[]): Looked[] => {
    const whole = some.filter(({ available }) => available >= wanted).slice(0, 1);
    return [...whole, ...fullestFirst(some).filter((place) => !whole.includes(place))];
  };
  const isParcel = ({ locationId }: Looked) => parcels.includes(locationId);
  return [...wholeFirst(ordered.filter(isParcel)), ...wholeFirst(ordered.filter((place) => !isParcel(place)))];
}

interface Wish {
  readonly productId: string;
  readonly wanted: bigint;
  readonly places: readonly Looked[];
}

/** The smallest set of places that sends as much as all of them would; places that lines name cost nothing. */
function fewestPlaces(command: ReserveCommand, wishes: readonly Wish[]): string[] {
  const stocked = wishes.flatMap(({ places }) => places).filter(({ available }) => available > 0n);
  const all = [...new Set(preferred(command, stocked).map(({ locationId }) => locationId))];
  const named = command.lines.flatMap(({ locationId }) => (locationId === null ? [] : [locationId]));
  const free = [...new Set(named)].filter((id) => all.includes(id));
  const others = all.filter((id) => !free.includes(id));
  const target = unitsFrom(wishes, all);
  const sets = subsetsOf(others).sort((a, b) => a.length - b.length);
  const smallest = sets.find((set) => unitsFrom(wishes, [...free, ...set]) >= target);
  // Which place goes first may matter to how much they send together: then what is fewest is a matter of taste.
  if (smallest === undefined) throw new LeftOpen("no set of places sends as much as all of them");
  return [...free, ...smallest];
}

/** All subsets, those that keep the earlier elements first. */
function subsetsOf(elements: readonly string[]): string[][] {
  if (elements.length === 0) return [[]];
  const [first, ...rest] = elements;
  const without = subsetsOf(rest);
  return [...without.map((set) => [first!, ...set]), ...without];
}

/** Units that some places send together, one place after the other, the wishes in order. */
function unitsFrom(wishes: readonly Wish[], locationIds: readonly string[]): bigint {
  const left = wishes.map(({ wanted }) => wanted);
  let units = 0n;
  for (const locationId of locationIds) {
    const gone: { readonly productId: string; readonly units: bigint }[] = [];
    for (const [index, { productId, places }] of wishes.entries()) {
      const there = places.find((place) => place.locationId === locationId)?.available ?? 0n;
      const used = gone.filter((one) => one.productId === productId).reduce((all, one) => all + one.units, 0n);
      const sent = least(left[index]!, atLeastNone(there - used));
      gone.push({ productId, units: sent });
      left[index]! -= sent;
      units += sent;
    }
  }
  return units;
}

const explained = ({ lines, sourcing }: ReserveCommand, served: readonly Served[]): Allocation => ({
  policy: sourcing,
  lines: lines.map(({ productId, quantity }, index) => ({
    requestLine: index + 1,
    productId,
    requested: quantity,
    allocated: Number(sum(served[index]!)),
    candidates: served[index]!.map(({ locationId, available, taken }) => ({
      locationId,
      available: Number(available),
      taken: Number(taken),
      reason: "…",
    })),
  })),
});
