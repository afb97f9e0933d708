/**
 * How large something usually is, from its own history, one observation at a time and without keeping any: a centre and
 * a scale by exponential weighting, on the logarithm ln(1 + x), for sizes of stock spread by factors.
 *
 * Both are robust as in Gelper, Fried and Croux, "Robust forecasting with exponential and Holt–Winters smoothing",
 * Journal of Forecasting 29 (2010): an observation moves the centre by no more than two scales (Huber's psi), and the
 * scale by a bounded biweight rho, so that one slip of a key neither is taken for usual nor hides the next one; what
 * goes on for a while is learned. The first observations weigh alike, as in a plain average.
 */

/** Centre and scale are of ln(1 + x). */
export interface UsualSize {
  readonly count: number;
  readonly centre: number;
  readonly scale: number;
}

export const nothingSeen: UsualSize = { count: 0, centre: 0, scale: 0 };

const method = {
  /** Weight of the newest observation, once there are more than its inverse: what lies 40 back weighs an eighth. */
  weightMin: 0.05,
  /** Scales beyond which an observation pulls no further: k of Huber and of the biweight. */
  clip: 2,
  /** Makes the biweight rho 1 on average for normally distributed observations, for k = 2. */
  rhoMax: 2.52,
  /** Before anything is known: a factor of about 1.8 to either side. */
  scaleStart: 0.6,
  /** However alike the observations are, a factor of 1.4 to either side is nothing. */
  scaleMin: 0.35,
} as const;

/** What is kept has four decimals: it is the same whether it was stored in between or not. */
export const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

/** @returns what is usual once this was seen, too. @param size not negative */
export function learnSize(usual: UsualSize, size: number): UsualSize {
  const value = Math.log1p(size);
  const count = usual.count + 1;
  if (usual.count === 0) return { count, centre: rounded(value), scale: method.scaleStart };
  const weight = Math.max(method.weightMin, 1 / count);
  const rho = biweight((value - usual.centre) / usual.scale);
  const scale = Math.max(method.scaleMin, usual.scale * Math.sqrt(weight * rho + 1 - weight));
  const pull = Math.max(-method.clip, Math.min(method.clip, (value - usual.centre) / scale));
  return { count, centre: rounded(usual.centre + weight * pull * scale), scale: rounded(scale) };
}

/** @returns by how many scales a size lies above the usual one; below zero when it is smaller */
export function sizeScore(usual: UsualSize, size: number): number {
  return usual.count === 0 ? 0 : (Math.log1p(size) - usual.centre) / usual.scale;
}

/** @returns the size that lies so many scales above the usual one */
export function sizeAt(usual: UsualSize, score: number): number {
  return Math.expm1(usual.centre + score * usual.scale);
}

function biweight(deviation: number): number {
  const ratio = deviation / method.clip;
  return Math.abs(ratio) >= 1 ? method.rhoMax : method.rhoMax * (1 - (1 - ratio * ratio) ** 3);
}
