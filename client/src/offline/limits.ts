/** Bounds of an offline queue, and what it says when it is beyond them. */
import type { RetryPolicy } from "../retry.ts";

export const offlineLimits = {
  /** Commands and lines that wait, refused ones included. */
  commandsMax: 10_000,
  /** Characters of a stored request. */
  requestCharactersMax: 262_144,
  /** Characters of a line of the log. */
  lineCharactersMax: 16_384,
  /** Commands on their way at a time, beside one batch of the log. */
  inFlightMax: 4,
  /** Lines of the log in a batch, and their characters; a batch gets smaller where none comes through. */
  batchLinesMax: 500,
  batchCharactersMax: 1_000_000,
  /** Lines that the server has and that are kept all the same: one that was restored from a backup asks for them again. */
  doneLinesMax: 1_000,
  /**
   * The server remembers keys for at least 7 days. A command that was sent longer ago than this and never answered is
   * not sent again, for it might be applied twice; it is refused here with `outcome_too_old`. Lines of the log are
   * known for ever.
   */
  repeatMsMax: 6 * 24 * 3_600_000,
  /** Items of the copy of the levels; those that changed longest ago make room. */
  levelsMax: 20_000,
  /** How often the copy is brought up to date and stored. */
  copyMs: 10_000,
} as const;

/** Nothing is given up: only the waits grow. */
export const endlessPolicy: RetryPolicy = {
  triesMax: Number.POSITIVE_INFINITY,
  totalMsMax: Number.POSITIVE_INFINITY,
  backoffMs: 500,
  backoffMsMax: 30_000,
};

/** The queue holds as much as it may, or this is too large for it; nothing was stored. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

/** The queue was closed; what it holds is sent when it is opened again. */
export class QueueClosed extends Error {
  override readonly name = "QueueClosed";
}
