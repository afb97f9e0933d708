/** What is usual for an item: sizes of its changes by kind and direction, hours of the day, and changes in an hour. */
import type { MovementType } from "@onhand/protocol/vocabulary";
import { learnSize, nothingSeen, rounded, type UsualSize } from "./usual-size.ts";

export interface Profile {
  /** By movement type and direction, e.g. `correction-`. */
  readonly sizes: Readonly<Record<string, UsualSize>>;
  /** How much weighs each hour of the day in UTC; an hour with changes counts once, however many there were. */
  readonly hours: readonly number[];
  /** Changes in an hour that had any. */
  readonly perHour: UsualSize;
  /** The newest hour with a change, since 1970; null before the first. */
  readonly hour: number | null;
  readonly inHour: number;
  /** That there are many in this hour was told. */
  readonly isRateTold: boolean;
}

/** A change of an item's units on hand. */
export interface Change {
  /** Not zero. */
  readonly units: number;
  readonly type: MovementType;
  readonly occurredAtMs: number;
}

export const hourMs = 3_600_000;

/** An hour of the day that was seen 200 hours with changes ago weighs a third of one that was seen now. */
const hourWeightKept = 1 - 1 / 200;

export const emptyProfile: Profile = {
  sizes: {},
  hours: Array.from({ length: 24 }, () => 0),
  perHour: nothingSeen,
  hour: null,
  inHour: 0,
  isRateTold: false,
};

/** Customers decide when and how often they buy and return; of those, only the size says something. */
export const isByCustomers = (type: MovementType): boolean => type === "sale" || type === "return";

/** Which sizes a change is compared with. */
export const sizeKind = ({ type, units }: Change): string => `${type}${units < 0 ? "-" : "+"}`;

/** The hour that a change happened in, since 1970. */
export const hourOf = ({ occurredAtMs }: Change): number => Math.floor(occurredAtMs / hourMs);

/** @returns the profile once the change was seen, too; one that happened before the newest hour tells of its size alone */
export function learn(profile: Profile, change: Change): Profile {
  const kind = sizeKind(change);
  const sizes = { ...profile.sizes, [kind]: learnSize(profile.sizes[kind] ?? nothingSeen, Math.abs(change.units)) };
  const hour = hourOf(change);
  if (isByCustomers(change.type) || (profile.hour !== null && hour < profile.hour)) return { ...profile, sizes };
  if (hour === profile.hour) return { ...profile, sizes, inHour: profile.inHour + 1 };
  const ofDay = hour % 24;
  return {
    sizes,
    hours: profile.hours.map((weight, index) => rounded(weight * hourWeightKept + (index === ofDay ? 1 : 0))),
    perHour: profile.hour === null ? profile.perHour : learnSize(profile.perHour, profile.inHour),
    hour,
    inHour: 1,
    isRateTold: false,
  };
}

const sizeOut = ({ count, centre, scale }: UsualSize): number[] => [count, centre, scale];
const sizeIn = ([count, centre, scale]: readonly number[]): UsualSize => ({
  count: count!,
  centre: centre!,
  scale: scale!,
});

interface StoredProfile {
  readonly s: Readonly<Record<string, readonly number[]>>;
  readonly h: readonly number[];
  readonly p: readonly number[];
  readonly l: readonly [number | null, number, 0 | 1];
}

/** @returns the profile as it is stored, as JSON text */
export function formatProfile({ sizes, hours, perHour, hour, inHour, isRateTold }: Profile): string {
  const stored: StoredProfile = {
    s: Object.fromEntries(Object.entries(sizes).map(([kind, size]) => [kind, sizeOut(size)])),
    h: hours,
    p: sizeOut(perHour),
    l: [hour, inHour, isRateTold ? 1 : 0],
  };
  return JSON.stringify(stored);
}

/** @returns the profile that was stored */
export function parseProfile(stored: object): Profile {
  const { s, h, p, l } = stored as StoredProfile;
  return {
    sizes: Object.fromEntries(Object.entries(s).map(([kind, size]) => [kind, sizeIn(size)])),
    hours: h,
    perHour: sizeIn(p),
    hour: l[0],
    inHour: l[1],
    isRateTold: l[2] === 1,
  };
}
