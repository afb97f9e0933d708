/** The mappings of sources: each change of one is a new version, which never changes; payloads go through the one that is in use. */
import type { CreateSourceMapping } from "@onhand/protocol/mappings";
import type { Database } from "../db/pool.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import type { SourceDocument } from "../sources/source.ts";
import { locked, type SourceChange, type SourceRow } from "../sources/sources.ts";
import { faultOfExpression } from "./evaluate.ts";
import { mappingLimits } from "./mapping-limits.ts";
import { readyMappings, type Settings, unknownSettings, withSettings } from "./ready-mappings.ts";
import * as sql from "./sql/mappings.ts";

export type { MappingRow } from "./sql/mappings.ts";

/** A mapping that was added, with what is told of its source when it came into use. */
export interface AddedMapping {
  readonly mapping: sql.MappingRow;
  readonly change: SourceChange | null;
}

/** The text that a request asks for: its own, or that of a ready mapping with settings. */
export type WantedExpression = Pick<CreateSourceMapping, "expression" | "ready" | "settings">;

export class MappingRegistry {
  readonly #database: Database;
  /** By source and version. */
  readonly #known = new BoundedMap<string, sql.MappingRow>(mappingLimits.versionsKnownMax);

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws WorkRefusal when there is no such version */
  async version(sourceId: string, version: number): Promise<sql.MappingRow> {
    const name = `${sourceId} ${version}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { rows } = await this.#database.query<sql.MappingRow>(sql.selectMapping(sourceId, version));
    const [row] = rows;
    if (row === undefined) throw noVersion(sourceId, version);
    this.#known.set(name, row);
    return row;
  }

  async list(
    sourceId: string,
    before: number | null,
    limit: number,
  ): Promise<{ readonly rows: readonly sql.MappingRow[]; readonly next: number | null }> {
    const { rows } = await this.#database.query<sql.MappingRow>(sql.listMappings(sourceId, before, limit + 1));
    return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.version : null };
  }

  /** Adds a version, and has it used unless the request says otherwise. @throws WorkRefusal when it could not be used */
  add(request: KeyedRequest, sourceId: string, body: CreateSourceMapping): Promise<Remembered<AddedMapping>> {
    return remembered(this.#database, request, async (connection) => {
      const source = await locked(connection, sourceId, null);
      const expression = expressionOf(body, source.document);
      const fault = faultOfExpression(expression);
      if (fault !== null) {
        const where = fault.position === undefined ? "" : ` at character ${fault.position}`;
        throw refused("/expression", `is no expression${where}: ${fault.detail}`);
      }
      const { rows } = await connection.query<sql.MappingRow>(
        sql.insertMapping(sourceId, expression, body.about ?? null, request.principal),
      );
      const mapping = rows[0]!;
      if (body.use === false) return { mapping, change: null };
      const { rows: set } = await connection.query<{ version: number }>(sql.setMapping(sourceId, mapping.version));
      return { mapping, change: changeOf(source, set[0]!.version) };
    });
  }

  /** Has payloads go through a version, or through none. @throws WorkRefusal */
  use(
    request: KeyedRequest,
    sourceId: string,
    version: number | null,
    ifVersion: number | null,
  ): Promise<Remembered<SourceChange>> {
    return remembered(this.#database, request, async (connection) => {
      const source = await locked(connection, sourceId, ifVersion);
      if (version !== null) {
        const { rows } = await connection.query(sql.selectMapping(sourceId, version));
        if (rows.length === 0) throw noVersion(sourceId, version);
      }
      const { rows } = await connection.query<{ version: number }>(sql.setMapping(sourceId, version));
      return changeOf(source, rows[0]!.version);
    });
  }
}

const changeOf = (source: SourceRow, version: number): SourceChange => ({
  sourceId: source.source_id,
  madeAtMs: source.created_at,
  version,
  change: "updated",
  document: source.document,
});

/** @throws WorkRefusal when it asks for nothing, for both, or for what may not be */
export function expressionOf(wanted: WantedExpression, { role }: Pick<SourceDocument, "role">): string {
  const { expression, ready, settings = {} } = wanted;
  if ((expression === undefined) === (ready === undefined))
    throw refused("/expression", "must be there, or `ready` with the name of a ready mapping, and not both");
  if (expression !== undefined) return expression;
  const mapping = readyMappings.get(ready!)!;
  const [unknown] = unknownSettings(mapping, settings as Settings);
  if (unknown !== undefined)
    throw refused(`/settings/${unknown}`, `is no setting of ${ready}; GET /v1/mappings shows them`);
  if (mapping.isObservation && role === "stock" && (settings as Settings).movesStock !== true)
    throw refused(
      "/ready",
      'tells what people have seen, and this source moves stock. Register it with the role "statements", so that it is compared with, or say { "movesStock": true } in settings',
    );
  return withSettings(mapping, settings as Settings);
}

const refused = (pointer: string, message: string): WorkRefusal =>
  new WorkRefusal("validation_failed", `${pointer} ${message}. Correct it and send it again.`, {
    errors: [{ pointer, message }],
  });

const noVersion = (sourceId: string, version: number): WorkRefusal =>
  new WorkRefusal(
    "not_found",
    `Source ${sourceId} has no mapping of version ${version}. GET /v1/sources/${sourceId}/mappings lists them.`,
  );
