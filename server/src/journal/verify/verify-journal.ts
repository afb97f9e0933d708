/**
 * Proves from the database alone that the journal is whole and that everything projected from it is what it says.
 *
 * Everything is read in one REPEATABLE READ transaction, so heads, entries, levels and totals are of one moment while
 * writers go on; on PostgreSQL that is a true snapshot over all partitions. Each statement still stays inside one
 * partition, and nothing but parts and SKUs is compared across partitions: where the engine has no common snapshot,
 * only those two kinds of fault may then be news that was on its way. Nothing is locked. As with a backup, the
 * snapshot keeps the database from clearing away dead rows for as long as it is held.
 *
 * What is proven without an anchor: everything in `faultMeanings`. What cannot be proven from the database alone is
 * that the end of the journal was not cut off with all its traces, or the whole rewritten with new hashes: that takes
 * an anchor, kept elsewhere.
 *
 * With an anchor: that the journal still leads through the trusted positions; everything about the entries behind them,
 * and about the levels and documents they concern. The step from the item's entry in front of the position is checked
 * against that entry as it is stored. Level rows without newer entries are compared with their last entry as it is
 * stored, so a row set back to an older entry of its item, or deleted, is not noticed by that (the product's total is
 * still compared with its items). Rows of products, locations, channels, orders and their lines without newer entries
 * are taken as they are, but that SKUs fit the products, and reserved and incoming units the lines, is shown. What lies in front of the positions was proven when the anchor was made; to prove that it is still the
 * same, verify without an anchor too.
 *
 * From a checkpoint: the same, with its place as the anchor; and of every item, that it was there what the checkpoint says,
 * whose rows an entry behind it, in the chain up to the head, tells the digest of. So a level row that was set back or
 * deleted is noticed, whether there are newer entries or not. The entries in front of it are not read.
 */
import { genesisHash } from "../../core/record/chain.ts";
import type { ToldCheckpoint } from "../../core/record/checkpoint.ts";
import type { Database, Queryable } from "../../db/pool.ts";
import { type CheckpointRow, hasCheckpointTables, lastToldCheckpoint, toldOfRow } from "../checkpoint-reader.ts";
import type { Anchor, AnchorPosition } from "./anchor.ts";
import { readChannels } from "./channel-check.ts";
import { readFeedRecords } from "./feed-check.ts";
import { checkPartition } from "./partition-check.ts";
import { type Fault, FaultList, type PartitionReport, type VerificationReport } from "./report.ts";
import * as sql from "./sql/read-heads.ts";
import { hasOrderTables } from "./sql/read-orders.ts";

export interface VerifyOptions {
  /** Trusted positions to begin behind. */
  readonly from?: Anchor;
  /** Begin at the last checkpoint of each partition; one that has none is checked from its first entry. */
  readonly fromCheckpoint?: boolean;
  /** Partitions to verify, 0 … the number of partitions; all when absent. */
  readonly partitions?: readonly number[];
  /** Told now and then how many entries are checked, and how many there are to check. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The installation has no such partition, or its number of partitions is not recorded. */
export class PartitionUnknown extends Error {
  override readonly name = "PartitionUnknown";
}

/**
 * Verifies the journal; read only, on one connection of the pool.
 * @returns what was proven and every fault; faults are no exception
 * @throws {PartitionUnknown} when asked for, or anchored at, a partition that does not exist
 * @throws errors of the connection, which say nothing about the journal
 */
export function verifyJournal(database: Database, options: VerifyOptions = {}): Promise<VerificationReport> {
  return database.transaction(async (connection) => {
    await connection.query(sql.readOneMoment());
    await connection.query(sql.walkKeys());
    return verifyMoment(connection, options);
  });
}

interface Work {
  readonly head: sql.SnapshotHead;
  readonly faults: FaultList;
  readonly anchor: AnchorPosition | null;
}

async function verifyMoment(connection: Queryable, options: VerifyOptions): Promise<VerificationReport> {
  const { rows: found } = await connection.query<{ partition_count: number }>(sql.readPartitionCount());
  const partitionCount = found[0]?.partition_count;
  if (partitionCount === undefined) throw new PartitionUnknown("the database holds no installation");
  const { rows: tables } = await connection.query<{ has: boolean }>(hasOrderTables());
  const channels = tables[0]?.has === true ? await readChannels(connection) : null;
  const { rows: checkpointTables } = await connection.query<{ has: boolean }>(hasCheckpointTables());
  const hasCheckpoints = checkpointTables[0]?.has === true;
  const starts = hasCheckpoints && options.fromCheckpoint === true ? await readStarts(connection, partitionCount) : [];
  const from = starts.length === 0 ? {} : { from: anchorAt(starts) };
  const works = await plan(connection, partitionCount, { ...options, ...from }, channels !== null);
  const total = works.reduce((sum, { head, anchor }) => sum + entriesAhead(head, anchor), 0);
  let done = 0;
  const onEntries = (count: number): void => {
    done += count;
    options.onProgress?.(done, Math.max(done, total));
  };
  const partitions: PartitionReport[] = [];
  const faults: Fault[] = [];
  for (const work of works) {
    const { partition } = work.head;
    const start = starts.find((each) => each.partition === partition) ?? null;
    const report = await checkPartition({
      ...work,
      connection,
      partition,
      partitionCount,
      start,
      hasCheckpoints,
      channels,
      onEntries,
    });
    partitions.push(report);
    faults.push(...work.faults.list());
  }
  const faultCount = partitions.reduce((sum, report) => sum + report.faultCount, 0);
  return { ok: faultCount === 0, partitions, faults, faultCount };
}

/** The last checkpoint of each partition that has one. */
async function readStarts(connection: Queryable, partitionCount: number): Promise<ToldCheckpoint[]> {
  const starts: ToldCheckpoint[] = [];
  for (let partition = 0; partition <= partitionCount; partition++) {
    const { rows } = await connection.query<CheckpointRow>(lastToldCheckpoint(partition));
    if (rows[0] !== undefined) starts.push(toldOfRow(partition, rows[0]));
  }
  return starts;
}

const anchorAt = (starts: readonly ToldCheckpoint[]): Anchor =>
  new Map(starts.map(({ partition, sequence, hash }) => [partition, { sequence, hash }]));

/** The partitions to verify, with what is wrong about their heads by themselves. */
async function plan(
  connection: Queryable,
  partitionCount: number,
  options: VerifyOptions,
  hasOrders: boolean,
): Promise<Work[]> {
  const { rows: heads } = await connection.query<sql.SnapshotHead>(sql.readSnapshotHeads());
  const { rows: strays } = await connection.query<{ place: string; partition: number }>(
    sql.readStrays(partitionCount, hasOrders),
  );
  const all = Array.from({ length: partitionCount + 1 }, (_, partition) => partition);
  const chosen = options.partitions === undefined ? all : all.filter((each) => options.partitions!.includes(each));
  const asked = [...(options.partitions ?? []), ...(options.from?.keys() ?? [])];
  const unknown = asked.find((partition) => !all.includes(partition));
  if (unknown !== undefined)
    throw new PartitionUnknown(`there is no partition ${unknown}, only 0 to ${partitionCount}`);
  const feed = await readFeedRecords(connection);
  const epoch = feed.epoch ?? heads[0]?.epoch;
  const works = chosen.map((partition) => {
    const faults = new FaultList(partition);
    const head = heads.find((each) => each.partition === partition) ?? noHead(partition);
    const isSane = Number.isSafeInteger(head.epoch) && Number(head.epoch) >= 1 && head.epoch === epoch;
    if (!isSane) {
      faults.add("head", { sequence: null, expected: `epoch ${epoch}, 1 or more`, found: `epoch ${head.epoch}` });
    }
    const high = feed.highFloors.find((floor) => floor.partition === partition);
    if (high !== undefined)
      faults.add("floor", { sequence: null, expected: `at most ${head.sequence}`, found: `${high.sequence}` });
    return { head, faults, anchor: startOf(partition, options, faults) };
  });
  for (const { place, partition } of strays) {
    const expected = `partitions 0 to ${partitionCount}`;
    works[0]?.faults.add("stray", { sequence: null, expected, found: `partition ${partition} in ${place}` });
  }
  return works;
}

const genesis = Buffer.from(genesisHash).toString("hex");

const noHead = (partition: number): sql.SnapshotHead => ({
  partition,
  sequence: -1,
  hash: "no head",
  recorded_at: Number.NaN,
  epoch: 0,
});

/** An anchor in front of the first entry is none, but must be the hash that every partition begins with. */
function startOf(partition: number, options: VerifyOptions, faults: FaultList): AnchorPosition | null {
  const anchor = options.from?.get(partition);
  if (anchor === undefined || anchor.sequence > 0) return anchor ?? null;
  if (anchor.hash !== genesis) faults.add("anchor", { sequence: 0, expected: anchor.hash, found: genesis });
  return null;
}

const entriesAhead = (head: sql.SnapshotHead, anchor: AnchorPosition | null): number =>
  Math.max(0, Number(head.sequence) - (anchor?.sequence ?? 0));
