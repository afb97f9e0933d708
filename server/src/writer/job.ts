/** A command on its way through the writer, with everyone who waits for its outcome. */
import type { Command } from "../core/command.ts";
import { limits } from "../core/limits.ts";
import type { Outcome } from "../core/outcome.ts";
import { controlPartition, partitionOf } from "../core/partition.ts";

/** What came of a command that is in the database. */
export interface Settled {
  readonly outcome: Outcome;
  /** Encoded position vector: reading the feed from there misses nothing after this command. */
  readonly headVector: Uint8Array;
  /** True when the outcome was there already, from an earlier request with the same key. */
  readonly replayed: boolean;
}

export interface Job {
  readonly command: Command;
  /** Partitions that its group must lock, ascending. */
  readonly partitions: readonly number[];
  /**
   * Where its outcome is remembered: the partition of what the request names first, its product or its SKU. Its head
   * need not be locked, for the key itself is unique there.
   */
  readonly resultPartition: number;
  /** Entries it may append. */
  readonly size: number;
  /** What it takes of a group's limit: its entries, and more for counts, which walk back under the locks. */
  readonly weight: number;
  /** Must be decided alone in its group, for it asks the database about levels. */
  readonly isSolo: boolean;
  /** Its key was seen before: what came of it then is looked up before it is decided. */
  readonly isRepeat: boolean;
  /** When it joined the queue, on the monotonic clock. */
  readonly queuedAtMs: number;
  readonly settle: (settled: Settled) => void;
  readonly fail: (error: Error) => void;
}

/** @returns partitions that a command concerns, ascending, and where its outcome is remembered */
export function placeOf(
  command: Command,
  partitionCount: number,
): Pick<Job, "partitions" | "resultPartition" | "size" | "weight" | "isSolo"> {
  if (command.kind === "product") {
    const partition = partitionOf(command.productId, partitionCount);
    const { operation } = command;
    // A creation is remembered by its SKU: the server may make another product id at each try.
    const resultPartition =
      operation.kind === "create" ? partitionOf(operation.document.sku, partitionCount) : partition;
    return { partitions: [partition], resultPartition, size: 1, weight: 1, isSolo: operation.kind === "delete" };
  }
  if (command.kind === "location") {
    // A deletion holds every head, so that no stock can arrive at the location while it is decided.
    const isDeletion = command.operation.kind === "delete";
    const partitions = isDeletion
      ? Array.from({ length: partitionCount + 1 }, (_, partition) => partition)
      : [controlPartition];
    return { partitions, resultPartition: controlPartition, size: 1, weight: 1, isSolo: isDeletion };
  }
  const { lines } = command;
  // What was asked by SKU is remembered by SKU: it may belong to another product when it is asked again.
  const resultPartition = partitionOf(lines[0]!.sku ?? lines[0]!.productId, partitionCount);
  const weight = lines.reduce((sum, line) => sum + (line.change.countedAtMs === undefined ? 1 : limits.countWeight), 0);
  if (lines.length === 1) {
    return {
      partitions: [partitionOf(lines[0]!.productId, partitionCount)],
      resultPartition,
      size: 1,
      weight,
      isSolo: false,
    };
  }
  const partitions = [...new Set(lines.map((line) => partitionOf(line.productId, partitionCount)))].sort(
    (a, b) => a - b,
  );
  return { partitions, resultPartition, size: lines.length, weight, isSolo: false };
}

/** @returns the partitions that a group must lock, ascending */
export const partitionsOf = (jobs: readonly Job[]): readonly number[] =>
  jobs.length === 1 ? jobs[0]!.partitions : [...new Set(jobs.flatMap((job) => job.partitions))].sort((a, b) => a - b);
