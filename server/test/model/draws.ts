/**
 * What random commands are made of: a small universe, so that they meet each other all the time. Commands are drawn as
 * templates ("one more than is available", "the version before the current one") and become plain commands when the
 * world they are for is known.
 */
import { futureToleranceMs, quantityMax } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import type { Command } from "../../src/core/command.ts";
import type { ModelItem, World } from "./world.ts";

export const startMs = 1_700_000_000_000;
// Ids of callers may be names that every object answers to.
export const productIds = ["p1", "p2", "p3", "constructor"] as const;
export const locationIds = ["l1", "l2", "valueOf"] as const;
export const channelIds = ["c1", "toString"] as const;
export const groups = ["eu", "us"] as const;
export const skus = ["SKU-p1", "SKU-p2", "SKU-p3", "SKU-constructor", "SKU-x"] as const;
export const max = BigInt(quantityMax);

export type Template = (world: World) => Command;
export type Sized = (item: ModelItem | null) => number;

export const clamp = (value: bigint): number => Number(value > max ? max : value < -max ? -max : value);
export const small = fc.integer({ min: -6, max: 12 });
export const near = fc.integer({ min: -2, max: 2 });

export const extreme = fc.constantFrom(
  quantityMax,
  -quantityMax,
  quantityMax - 1,
  1 - quantityMax,
  2 ** 52,
  -(2 ** 52),
  2 ** 32,
  -(2 ** 31),
);

/** Times lie so close together that they are often equal. */
export const time = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: -3, max: 12 }).map((offset) => startMs + offset) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(futureToleranceMs, futureToleranceMs + 1).map((ahead) => startMs + 5 + ahead),
  },
);

/** The database's clock, group by group, as it goes on: often not at all, sometimes by more than a hold lasts. */
export const clockSteps = fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 8);

/** Due lines that are read for a group: mostly all, sometimes so few that others stay hidden. */
export const dueReadMax = fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1, 2, 3);

/** The database's clock when a group is decided; it may lie before times already recorded. */
export const nowMs = fc.integer({ min: -2, max: 10 }).map((off) => startMs + off);

export const sometimes = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

export const given = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [key in Name]?: Value };

/** Mostly current, sometimes off by one: of the version, of the level, of the time of the last change. */
export const offset = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 1) },
);

/** Texts of a change, sometimes. */
export const text = fc
  .option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { freq: 2 })
  .map((commitment) =>
    commitment === null ? null : { reason: "recount", reference: null, salt: new Uint8Array(16), commitment },
  );
