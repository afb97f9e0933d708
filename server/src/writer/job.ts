/** A command on its way through the writer, with everyone who waits for its outcome. */
import type { Command } from "../core/command.ts";
import type { Outcome } from "../core/outcome.ts";

/** What came of a command that is in the database. */
export interface Settled {
  readonly outcome: Outcome;
  /** Encoded position vector: reading the feed from there misses nothing after this command. */
  readonly headVector: Uint8Array;
  /** True when the outcome was there already, from an earlier request with the same key. */
  readonly replayed: boolean;
}

/** Where a command belongs, and what it weighs. */
export interface Place {
  /** Partitions that its group must lock, ascending. */
  readonly partitions: readonly number[];
  /**
   * Where its outcome is remembered: the partition of what the request names first, its product, its SKU or its order.
   * Its head need not be locked, for the key itself is unique there.
   */
  readonly resultPartition: number;
  /** Entries it may append. */
  readonly size: number;
  /** What it takes of a group's limit: its entries, and each moment of which counts ask what moved since. */
  readonly weight: number;
  /** Items that are walked back under the locks, each once for a group; absent for none. */
  readonly walked?: readonly string[];
  /** Must be decided alone in its group, for it asks the database about levels. */
  readonly isSolo: boolean;
}

export interface Job extends Place {
  readonly command: Command;
  /** Its key was seen before: what came of it then is looked up before it is decided. */
  readonly isRepeat: boolean;
  /** When it joined the queue, on the monotonic clock. */
  readonly queuedAtMs: number;
  readonly settle: (settled: Settled) => void;
  readonly fail: (error: Error) => void;
}

/** @returns the partitions that a group must lock, ascending */
export const partitionsOf = (jobs: readonly Job[]): readonly number[] =>
  jobs.length === 1 ? jobs[0]!.partitions : [...new Set(jobs.flatMap((job) => job.partitions))].sort((a, b) => a - b);

/** Whether the outcome is kept under the command's key. */
export function isRemembered({ command }: Pick<Job, "command">, outcome: Outcome): boolean {
  // Whoever asks for these may ask at any time: done again they come to nothing new.
  if (command.kind === "expire" || command.kind === "channel-refresh") return false;
  if (command.kind === "reserve" && command.isDryRun) return false;
  return outcome.kind !== "rejected" || outcome.rejection.isStale !== true;
}
