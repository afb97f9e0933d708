/** Keeps a lease for as long as some work takes that is longer than the lease. */
import type { Clock } from "../lib/clock.ts";
import { ProjectionLost } from "./projection-store.ts";

/**
 * Works, and renews meanwhile. A renewal that fails is tried again with the next; one that finds the lease gone is the last.
 * @throws ProjectionLost when the work is done for nothing, because another server has the lease
 */
export async function keepLease<Result>(
  clock: Clock,
  renewEveryMs: number,
  renew: () => Promise<void>,
  work: () => Promise<Result>,
): Promise<Result> {
  let lost: ProjectionLost | null = null;
  let isOver = false;
  let renewing = Promise.resolve();
  let cancel = (): void => {};
  const again = (): void => {
    if (isOver || lost !== null) return;
    cancel = clock.after(renewEveryMs, () => {
      renewing = renew()
        .catch((error: unknown) => {
          if (error instanceof ProjectionLost) lost = error;
        })
        .then(again);
    });
  };
  again();
  let result: Result;
  try {
    result = await work();
  } finally {
    isOver = true;
    cancel();
    await renewing;
  }
  if (lost !== null) throw lost;
  return result;
}
