/** Statements of the runner of projections: leases, positions, and what lies behind them in the journal. */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import { bigintColumn, byteaColumn, integerColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { entryColumns } from "../../journal/entry-reader.ts";
import type { Interest } from "../projection.ts";

export interface ClaimedRow {
  readonly token: number;
  readonly version: number;
  readonly epoch: number;
}

/**
 * Takes a projection that nobody else builds, under a new token; no row when somebody does, or when it is of a newer
 * version than ours.
 * @param epoch of the journal, for one that never was built before
 */
export const claimProjection = (
  name: string,
  version: number,
  epoch: number,
  holder: string,
  leaseMs: number,
): Statement => ({
  name: "projection_claim",
  text: `INSERT INTO projection (name, version, epoch, holder, token, lease_until, rebuilt_at)
         VALUES ($1, $2, $3, $4, 1, clock_timestamp() + $5 * interval '1 millisecond', clock_timestamp())
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = projection.token + 1, lease_until = excluded.lease_until
         WHERE projection.version <= excluded.version AND (projection.holder IS NULL OR projection.holder = excluded.holder OR projection.lease_until < clock_timestamp())
         RETURNING token, version, epoch`,
  values: [name, version, epoch, holder, leaseMs],
});

/** Extends the lease, and locks it until the transaction ends; no row when it is another server's or of another epoch. */
export const holdProjection = (name: string, token: number, epoch: number, leaseMs: number): Statement => ({
  name: "projection_hold",
  text: `UPDATE projection SET lease_until = clock_timestamp() + $4 * interval '1 millisecond'
         WHERE name = $1 AND token = $2 AND epoch = $3 AND holder IS NOT NULL RETURNING token`,
  values: [name, token, epoch, leaseMs],
});

/** Gives the lease back. */
export const releaseProjection = (name: string, token: number): Statement => ({
  text: "UPDATE projection SET holder = NULL, lease_until = NULL WHERE name = $1 AND token = $2",
  values: [name, token],
});

/** The epoch of the journal is another one, and the positions lie in it just the same. */
export const adoptEpoch = (name: string, token: number, epoch: number): Statement => ({
  text: "UPDATE projection SET epoch = $3 WHERE name = $1 AND token = $2 RETURNING token",
  values: [name, token, epoch],
});

/** What is built from now on begins anew. */
export const beginAnew = (name: string, token: number, version: number, epoch: number): Statement => ({
  text: `UPDATE projection SET version = $3, epoch = $4, rebuilt_at = clock_timestamp()
         WHERE name = $1 AND token = $2 RETURNING token`,
  values: [name, token, version, epoch],
});

/** Back to the beginning of every partition. */
export const clearPositions = (name: string): Statement => ({
  text: "DELETE FROM projection_position WHERE name = $1",
  values: [name],
});

export interface PositionRow {
  readonly partition: number;
  readonly sequence: number;
  readonly hash: Buffer;
}

/** Where a projection is. */
export const selectPositions = (name: string): Statement => ({
  name: "projection_positions",
  text: "SELECT partition, sequence, hash FROM projection_position WHERE name = $1",
  values: [name],
});

/** A way of one partition from one entry to another. */
export interface Move {
  readonly partition: number;
  /** 0 for the beginning. */
  readonly after: number;
  readonly upTo: number;
  /** Of the entry that it leads to. */
  readonly hash: Uint8Array;
}

/** Moves positions that are still where they were left; says how many those are. */
export const movePositions = (name: string, moves: readonly Move[]): Statement => ({
  name: "projection_move",
  text: `WITH u AS (SELECT * FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::bytea[]) u(partition, after, up_to, hash)),
         moved AS (
           UPDATE projection_position p SET sequence = u.up_to, hash = u.hash FROM u
           WHERE p.name = $1 AND p.partition = u.partition AND p.sequence = u.after RETURNING p.partition),
         begun AS (
           INSERT INTO projection_position (name, partition, sequence, hash)
           SELECT $1, u.partition, u.up_to, u.hash FROM u WHERE u.after = 0 ON CONFLICT DO NOTHING RETURNING partition)
         SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM begun) AS moved`,
  values: [
    name,
    integerColumn(moves, (move) => move.partition),
    bigintColumn(moves, (move) => move.after),
    bigintColumn(moves, (move) => move.upTo),
    byteaColumn(moves, (move) => move.hash),
  ],
});

/** A part of a partition, all of it committed. */
export type Stretch = Omit<Move, "hash">;

/** The entries of some stretches that are of interest, and the last one of each stretch. */
export const entriesOfInterest = (stretches: readonly Stretch[], { kinds, orDetail }: Interest): Statement => ({
  name: "projection_entries",
  text: `SELECT ${entryColumns} FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) u(partition, after, up_to)
         JOIN LATERAL (SELECT * FROM journal WHERE partition = u.partition AND sequence > u.after AND sequence <= u.up_to) j ON true
         WHERE j.kind = ANY($4::smallint[]) OR j.sequence = u.up_to OR j.detail->>$5 IS NOT NULL
         ORDER BY j.partition, j.sequence`,
  values: [
    integerColumn(stretches, (stretch) => stretch.partition),
    bigintColumn(stretches, (stretch) => stretch.after),
    bigintColumn(stretches, (stretch) => stretch.upTo),
    [...kinds] satisfies EntryKind[],
    orDetail ?? null,
  ],
});
