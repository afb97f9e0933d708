/** The lease and the cursor of one projection in the database. What it holds in memory is only as good as the last answer. */
import type { SealedEntry } from "../core/record/entry.ts";
import type { Database, Queryable } from "../db/pool.ts";
import { hashesAt } from "../feed/sql/feed.ts";
import { type EntryRow, toEntry } from "../journal/entry-reader.ts";
import type { Projection, Write } from "./projection.ts";
import * as sql from "./sql/projection.ts";

/** Another server builds the projection, or the journal has another epoch: what was under way is dropped. */
export class ProjectionLost extends Error {
  override readonly name = "ProjectionLost";
}

/** A projection that this server builds. */
export interface Held {
  readonly token: number;
  readonly epoch: number;
  /** Index is the partition. */
  readonly positions: readonly number[];
}

/** What was read of some stretches. */
export interface Read {
  /** Entries of interest, in order within each partition. */
  readonly entries: readonly SealedEntry[];
  readonly moves: readonly sql.Move[];
}

export class ProjectionStore {
  readonly #database: Database;
  readonly #projection: Projection;
  readonly #leaseMs: number;

  constructor(database: Database, projection: Projection, leaseMs: number) {
    this.#database = database;
    this.#projection = projection;
    this.#leaseMs = leaseMs;
  }

  /**
   * Takes the lease when it is free. Where the positions are not of this journal's history, or the tables were made by an
   * older version, all of it is emptied, to be built anew.
   * @param heads of the journal, index is the partition
   * @returns null when another server builds it
   */
  async claim(
    serverId: string,
    epoch: number,
    heads: readonly number[],
  ): Promise<(Held & { wasCleared: boolean }) | null> {
    const { name, version } = this.#projection;
    const { rows } = await this.#database.query<sql.ClaimedRow>(
      sql.claimProjection(name, version, epoch, serverId, this.#leaseMs),
    );
    const [row] = rows;
    if (row === undefined) return null;
    const { token } = row;
    const positions = row.version < version ? null : await this.#positionsOfThisHistory(heads);
    if (positions === null) {
      await this.#beginAnew(token, epoch);
      return { token, epoch, positions: heads.map(() => 0), wasCleared: true };
    }
    if (row.epoch !== epoch) requireOwn(await this.#database.query(sql.adoptEpoch(name, token, epoch)));
    return { token, epoch, positions, wasCleared: false };
  }

  /** @throws ProjectionLost */
  async renew({ token, epoch }: Held): Promise<void> {
    requireOwn(await this.#database.query(sql.holdProjection(this.#projection.name, token, epoch, this.#leaseMs)));
  }

  async release({ token }: Held): Promise<void> {
    await this.#database.query(sql.releaseProjection(this.#projection.name, token));
  }

  async read(stretches: readonly sql.Stretch[]): Promise<Read> {
    const { interest } = this.#projection;
    const { rows } = await this.#database.query<EntryRow>(sql.entriesOfInterest(stretches, interest));
    const ends = new Map(rows.map((row) => [row.partition, row]));
    const moves = stretches.map((stretch) => {
      const end = ends.get(stretch.partition);
      if (end?.sequence !== stretch.upTo)
        throw new Error(`partition ${stretch.partition} has no entry ${stretch.upTo}: the projection must not go on`);
      return { ...stretch, hash: end.hash };
    });
    const { kinds, orDetail } = interest;
    // The last entry of a stretch is there for its hash, wanted or not.
    const isWanted = (row: EntryRow): boolean =>
      kinds.some((kind) => kind === row.kind) || (orDetail !== undefined && hasMember(row.detail, orDetail));
    return { entries: rows.filter(isWanted).map(toEntry), moves };
  }

  /** Writes what a batch came to and moves the cursor over it, both or neither. @throws ProjectionLost */
  async commit(held: Held, write: Write, moves: readonly sql.Move[]): Promise<Held> {
    const { name } = this.#projection;
    await this.#database.transaction(async (connection) => {
      requireOwn(await connection.query(sql.holdProjection(name, held.token, held.epoch, this.#leaseMs)));
      await write(connection);
      const { rows } = await connection.query<{ moved: number }>(sql.movePositions(name, moves));
      if (rows[0]!.moved !== moves.length) throw new ProjectionLost("the cursor is not where it was left");
    });
    const positions = [...held.positions];
    for (const { partition, upTo } of moves) positions[partition] = upTo;
    return { ...held, positions };
  }

  async #beginAnew(token: number, epoch: number): Promise<void> {
    const { name, version, clear } = this.#projection;
    await this.#database.transaction(async (connection) => {
      requireOwn(await connection.query(sql.beginAnew(name, token, version, epoch)));
      await clear(connection);
      await connection.query(sql.clearPositions(name));
    });
  }

  /** @returns null when an entry that was passed is not there, or is another one now */
  async #positionsOfThisHistory(heads: readonly number[]): Promise<number[] | null> {
    const positions = heads.map(() => 0);
    const { rows } = await this.#database.query<sql.PositionRow>(sql.selectPositions(this.#projection.name));
    if (rows.length === 0) return positions;
    if (rows.some((row) => row.partition >= positions.length)) return null;
    for (const row of rows) positions[row.partition] = row.sequence;
    const hashes = await this.#hashesAt(positions);
    return rows.every((row) => hashes.get(row.partition)?.equals(row.hash) === true) ? positions : null;
  }

  async #hashesAt(positions: readonly number[]): Promise<Map<number, Buffer>> {
    const { rows } = await this.#database.query<{ partition: number; hash: Buffer }>(hashesAt(positions));
    return new Map(rows.map((row) => [row.partition, row.hash]));
  }
}

function requireOwn({ rows }: Awaited<ReturnType<Queryable["query"]>>): void {
  if (rows.length !== 1) throw new ProjectionLost("the lease is another server's, or the epoch was raised");
}

const hasMember = (detail: string | null, member: string): boolean => {
  const value = detail === null ? undefined : (JSON.parse(detail) as Record<string, unknown>)[member];
  return value !== undefined && value !== null;
};
