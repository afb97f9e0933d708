/** Draws that depend on a seed alone. */
import { randomNumbers } from "../processes/load.ts";

export interface Chance {
  /** A whole number from `from` to `to`. */
  between(from: number, to: number): number;
  /** True once in so many times. */
  once(inSoMany: number): boolean;
  pick<Thing>(things: readonly Thing[]): Thing;
  shuffled<Thing>(things: readonly Thing[]): Thing[];
}

/** @param seed the same one always draws the same */
export function chanceOf(seed: number): Chance {
  const below = randomNumbers(seed);
  // The first numbers of near seeds are near each other.
  for (let index = 0; index < 8; index++) below(2);
  const between = (from: number, to: number): number => from + below(to - from + 1);
  return {
    between,
    once: (inSoMany) => below(inSoMany) === 0,
    pick: (things) => things[below(things.length)]!,
    shuffled(things) {
      const all = [...things];
      for (let last = all.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [all[last], all[other]] = [all[other]!, all[last]!];
      }
      return all;
    },
  };
}
