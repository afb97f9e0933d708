/**
 * The register of sources. Modes of one: active → archived (its lines are refused) → active; removed. Its id, its codes and
 * what it stated go when it is removed; what it sent is in the journal, and its operations stay known.
 */
import type { AddSourceSecret, CreateSource, PatchSource } from "@onhand/protocol/sources";
import { sourceLimits } from "@onhand/protocol/sources";
import type { Database, Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { changedDocument, type RegisteredSource, type SourceDocument, sourceDocument } from "./source.ts";
import * as sql from "./sql/sources.ts";

export type { ShownSourceRow, SourceRow } from "./sql/sources.ts";

/** What is told of a change of a source. */
export interface SourceChange {
  readonly sourceId: string;
  readonly madeAtMs: number;
  readonly version: number;
  readonly change: "created" | "updated" | "archived" | "restored" | "deleted";
  readonly document: SourceDocument;
}

export class Sources {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A source as it is registered: for whoever brings its lines. @throws WorkRefusal when there is none, or it is archived */
  async registered(sourceId: string): Promise<RegisteredSource> {
    const { rows } = await this.#database.query<sql.SourceRow>(sql.selectRegistered(sourceId));
    const [row] = rows;
    if (row === undefined) throw noSource(sourceId);
    if (row.life !== 0)
      throw new WorkRefusal(
        "archived",
        `Source ${sourceId} is archived. Restore it with PATCH { "status": "active" }.`,
      );
    return {
      sourceId,
      document: row.document,
      isArchived: false,
      version: row.version,
      mappingVersion: row.mapping_version,
    };
  }

  /** @returns what the payloads of a source may be signed with, the oldest first */
  async secrets(sourceId: string): Promise<readonly Uint8Array[]> {
    const { rows } = await this.#database.query<{ secret: Buffer }>(sql.selectSecrets(sourceId));
    return rows.map((row) => row.secret);
  }

  /** @throws WorkRefusal when there is none */
  async get(sourceId: string): Promise<sql.ShownSourceRow> {
    const { rows } = await this.#database.query<sql.ShownSourceRow>(sql.selectSource(sourceId));
    if (rows[0] === undefined) throw noSource(sourceId);
    return rows[0];
  }

  async list(
    lives: readonly number[],
    after: string | null,
    limit: number,
  ): Promise<{ readonly rows: readonly sql.ShownSourceRow[]; readonly next: string | null }> {
    const { rows } = await this.#database.query<sql.ShownSourceRow>(sql.listSources(lives, after, limit + 1));
    return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.source_id : null };
  }

  /** @throws WorkRefusal when its id is taken, or it names what there is not */
  create(request: KeyedRequest, body: CreateSource): Promise<Remembered<SourceChange>> {
    const sourceId = body.sourceId ?? sortableId("src_", this.#clock.nowMs());
    return remembered(this.#database, request, async (connection) => {
      const document = sourceDocument(body);
      await requireSound(connection, document);
      const { rows } = await connection.query(sql.insertSource(sourceId, document));
      if (rows.length === 0)
        throw new WorkRefusal("already_exists", `There is a source ${sourceId} already. Change it, or use another id.`);
      await connection.query(sql.beginContact(sourceId, ["", ...document.locationIds]));
      const madeAtMs = (await locked(connection, sourceId, null)).created_at;
      return { sourceId, madeAtMs, version: 1, change: "created", document };
    });
  }

  /** @param version that it must have, or null @throws WorkRefusal */
  patch(
    request: KeyedRequest,
    sourceId: string,
    body: PatchSource,
    version: number | null,
  ): Promise<Remembered<SourceChange>> {
    return remembered(this.#database, request, async (connection) => {
      const row = await locked(connection, sourceId, version);
      const document = changedDocument(row.document, body);
      await requireSound(connection, document);
      const life = body.status === undefined ? row.life : body.status === "archived" ? 1 : 0;
      const change = life === row.life ? "updated" : life === 1 ? "archived" : "restored";
      const { rows } = await connection.query<{ version: number }>(sql.updateSource(sourceId, document, life));
      await connection.query(sql.beginContact(sourceId, document.locationIds));
      return { sourceId, madeAtMs: row.created_at, version: rows[0]!.version, change, document };
    });
  }

  /** Removes a source, or archives it. @throws WorkRefusal when lines of it wait */
  remove(
    request: KeyedRequest,
    sourceId: string,
    archives: boolean,
    version: number | null,
  ): Promise<Remembered<SourceChange>> {
    if (archives) return this.patch(request, sourceId, { status: "archived" }, version);
    return remembered(this.#database, request, async (connection) => {
      const { document, version: last, created_at: madeAtMs } = await locked(connection, sourceId, version);
      const { rows } = await connection.query<sql.ShownSourceRow>(sql.selectSource(sourceId));
      if (rows[0]!.open_parked > 0)
        throw new WorkRefusal(
          "in_use",
          `Lines of source ${sourceId} wait: GET /v1/parked-lines?originId=${sourceId} lists them. Retry or discard them, or archive the source with ?archive=true.`,
        );
      for (const statement of sql.deleteSource(sourceId)) await connection.query(statement);
      return { sourceId, madeAtMs, version: last + 1, change: "deleted", document };
    });
  }

  /** @throws WorkRefusal when it has as many as it may have */
  addSecret(
    request: KeyedRequest,
    sourceId: string,
    { secret }: AddSourceSecret,
    version: number | null,
  ): Promise<Remembered<SourceChange>> {
    const secretId = sortableId("sec_", this.#clock.nowMs());
    return remembered(this.#database, request, async (connection) => {
      const row = await locked(connection, sourceId, version);
      const { rows } = await connection.query(sql.selectSecrets(sourceId));
      if (rows.length >= sourceLimits.secretsMax)
        throw new WorkRefusal(
          "in_use",
          `A source has at most ${sourceLimits.secretsMax} secrets. Remove one that is used no longer.`,
          { limit: sourceLimits.secretsMax },
        );
      await connection.query(sql.insertSecret(sourceId, secretId, row.document.signature, Buffer.from(secret)));
      return this.#touched(connection, row);
    });
  }

  /** @throws WorkRefusal when there is no such secret */
  removeSecret(
    request: KeyedRequest,
    sourceId: string,
    secretId: string,
    version: number | null,
  ): Promise<Remembered<SourceChange>> {
    return remembered(this.#database, request, async (connection) => {
      const row = await locked(connection, sourceId, version);
      const { rows } = await connection.query(sql.deleteSecret(sourceId, secretId));
      if (rows.length === 0)
        throw new WorkRefusal(
          "not_found",
          `Source ${sourceId} has no secret ${secretId}. Read the source to see them.`,
        );
      return this.#touched(connection, row);
    });
  }

  async #touched(connection: Queryable, row: sql.SourceRow): Promise<SourceChange> {
    const { rows } = await connection.query<{ version: number }>(sql.touchSource(row.source_id));
    return {
      sourceId: row.source_id,
      madeAtMs: row.created_at,
      version: rows[0]!.version,
      change: "updated",
      document: row.document,
    };
  }
}

/** @returns the refusal of a call about a source that there is not */
export const noSource = (sourceId: string): WorkRefusal =>
  new WorkRefusal("not_found", `There is no source ${sourceId}. Check the id, or register it with POST /v1/sources.`);

/** Locks a source. @param version that it must have, or null @throws WorkRefusal */
export async function locked(connection: Queryable, sourceId: string, version: number | null): Promise<sql.SourceRow> {
  const { rows } = await connection.query<sql.SourceRow>(sql.lockSource(sourceId));
  const [row] = rows;
  if (row === undefined) throw noSource(sourceId);
  if (version !== null && version !== row.version)
    throw new WorkRefusal(
      "version_conflict",
      "The source has changed since you read it. Read it again and repeat the change on what you see.",
      { currentEtag: `"${row.version}"`, status: 412 },
    );
  return row;
}

/** What a source names must be there. @throws WorkRefusal */
async function requireSound(connection: Queryable, document: SourceDocument): Promise<void> {
  const { locationIds, channelId, timezone } = document;
  const { rows } = await connection.query<{ kind: string; id: string }>(
    sql.selectKnown(locationIds, channelId === null ? [] : [channelId]),
  );
  const known = new Set(rows.map((row) => `${row.kind} ${row.id}`));
  const errors = locationIds.flatMap((locationId, index) =>
    known.has(`location ${locationId}`) ? [] : [{ pointer: `/locationIds/${index}`, message: "is no location" }],
  );
  if (channelId !== null && !known.has(`channel ${channelId}`))
    errors.push({ pointer: "/channelId", message: "is no channel" });
  if (timezone !== null && !isTimezone(timezone))
    errors.push({ pointer: "/timezone", message: "is no IANA time zone, as Europe/Stockholm" });
  const [first] = errors;
  if (first !== undefined)
    throw new WorkRefusal("validation_failed", `${first.pointer} ${first.message}. Correct it and send it again.`, {
      errors: errors.slice(0, 20),
    });
}

function isTimezone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}
