/** What became of the units that a flash sale asked for. */

export interface Fates {
  /** Units that buyers wanted. */
  asked: number;
  /** Units that were held for them. */
  held: number;
  /** Units that were paid for and left. */
  sold: number;
  /** Units whose buyer went away, or whose payment was refused: they went back. */
  released: number;
  /** Units whose time was over. */
  expired: number;
  /** Units that were not to be had. */
  refused: number;
}

export const noFates = (): Fates => ({ asked: 0, held: 0, sold: 0, released: 0, expired: 0, refused: 0 });

/** @returns the sum of fates */
export function sumOf(fates: Iterable<Fates>): Fates {
  const sum = noFates();
  for (const each of fates) for (const name of Object.keys(sum) as (keyof Fates)[]) sum[name] += each[name];
  return sum;
}

/** Nothing is lost on the way: what was asked was held or refused, what was held was sold, released or ran out. */
export const isBalanced = ({ asked, held, sold, released, expired, refused }: Fates): boolean =>
  asked === held + refused && held === sold + released + expired;
