/** What lets go of holds whose time is over where nobody comes by. */
import type { Registry } from "prom-client";
import { Sweeper } from "../expiry/sweeper.ts";
import { systemClock } from "../lib/clock.ts";
import { expiryMetrics } from "../telemetry/expiry-metrics.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** Puts the sweeper together; nothing runs yet. */
export function openExpirySide(
  { logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  { database, submitter }: WriteSide,
): Sweeper {
  const metrics = expiryMetrics(registry);
  return new Sweeper({
    database,
    submitter,
    clock,
    random: Math.random,
    report: {
      ...metrics,
      failed(error) {
        metrics.failed();
        logger.warn({ reason: error.message }, "holds that are over could not be released; it is tried again");
      },
    },
  });
}
