/**
 * A count holds as of its moment. A movement that happened before it and is recorded after it is contained in what was
 * counted: it is recorded, and changes no level. So late counts and late movements end alike in every order.
 */
import type { DeviceClock } from "./command.ts";
import type { Contained } from "./entry-detail.ts";
import type { Item } from "./item.ts";

export interface Applied {
  /** Units that move on hand. */
  readonly onHand: number;
  /** What did not move, for a count contains it. */
  readonly contained?: Contained;
  /** Why somebody should look at it: it cannot be told on which side of the count it lies. */
  readonly review?: string;
}

/**
 * @param onHand units that the movement says
 * @param occurredAtMs when it happened; null: now, behind every count
 * @param clock the device's clock that the time was read from; absent for one that is trusted
 * @returns what of it moves. Only what happened before the count for certain is contained; in doubt it moves, for a review
 */
export function contain(item: Item | null, onHand: number, occurredAtMs: number | null, clock?: DeviceClock): Applied {
  const countedAtMs = item === null || item.life === "deleted" ? null : item.extras.countedAtMs;
  if (occurredAtMs === null || countedAtMs === null || onHand === 0) return { onHand };
  const errorMs = clock === undefined ? 0 : clock.errorMs;
  if (errorMs === null) {
    const review = `It says that it happened ${occurredAtMs <= countedAtMs ? "before" : "after"} the last count, by the clock of device ${clock!.deviceId} whose error is not known. It was applied.`;
    return { onHand, review };
  }
  if (occurredAtMs - errorMs > countedAtMs) return { onHand };
  if (occurredAtMs + errorMs <= countedAtMs) return { onHand: 0, contained: { onHand, countedAtMs } };
  return {
    onHand,
    review: `It happened within the error of ${errorMs} ms of the clock of device ${clock!.deviceId} around the last count. It was applied.`,
  };
}
