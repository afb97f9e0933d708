/** Reads what an import asks for from its query and headers. */
import { type ImportList, type ImportMode, importLists, type OtherFields } from "@onhand/protocol/bulk";
import { ProblemError } from "../../host/problem.ts";
import type { Call } from "../../host/route.ts";
import { JsonRefused, parseStrictJson } from "../../host/strict-json.ts";
import { notFound } from "../rest/context.ts";
import type { ImportOptions } from "./row-import.ts";
import { fieldsOf, strangeColumns } from "./row-shape.ts";
import { type RowFormat, RowsUnreadable, rowsOf, type SentRow } from "./row-source.ts";

/** An import as it was asked for. */
export interface ImportRequest {
  readonly options: ImportOptions;
  /** Rows as they come in. */
  readonly rows: AsyncIterable<readonly SentRow[]>;
}

const optionDepthMax = 8;

/** @throws ProblemError 400, 404, 415 */
export function readImport(call: Call): ImportRequest {
  const { query } = call;
  const list = call.params.list as ImportList;
  if (!importLists.includes(list))
    throw notFound(`list ${list} that takes rows: take one of ${importLists.join(", ")}`);
  const format = formatOf(call.header("content-type"), query.delimiter as string);
  const isPacked = isGzip(call.header("content-encoding"));
  const options: ImportOptions = {
    list,
    mode: query.mode as ImportMode,
    overwrite: query.overwrite === true,
    dryRun: query.dryRun === true,
    isText: format.type === "csv",
    map: mapOf(query.map, list),
    defaults: objectOf(query.defaults, "defaults"),
    others: query.others as OtherFields,
  };
  if (call.incoming === null)
    throw invalid("The request has no body. Send rows as NDJSON, or as CSV with a header.", "");
  const refuseStrange = (columns: readonly string[]): void => {
    const strange = strangeColumns(options, columns);
    if (strange.length === 0) return;
    throw new RowsUnreadable(
      `The columns ${strange.slice(0, 20).join(", ")} are no fields of ${list}. Name fields by ?map={"field":"column"}, or say ?others=ignore${list === "products" ? " or ?others=attributes" : ""}.`,
    );
  };
  return { options, rows: rowsOf(chunksOf(call.incoming), format, isPacked, refuseStrange) };
}

/** Whether the caller wants to be answered before the rows are applied. */
export const wantsJob = (call: Call): boolean =>
  /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(call.header("prefer") ?? "");

function formatOf(mediaType: string | null, delimiter: string): RowFormat {
  const [type] = (mediaType ?? "").toLowerCase().split(";");
  if (type!.trim() === "text/csv") return { type: "csv", delimiter: delimiter === "tab" ? "\t" : delimiter };
  if (/^application\/(x-ndjson|ndjson|jsonl|json-seq)$/.test(type!.trim())) return { type: "ndjson" };
  throw new ProblemError(
    "unsupported_media_type",
    "Send rows with Content-Type: application/x-ndjson, one JSON object on each line, or text/csv with a header.",
  );
}

function isGzip(encoding: string | null): boolean {
  const given = encoding?.trim().toLowerCase() ?? "identity";
  if (given === "gzip") return true;
  if (given === "identity" || given === "") return false;
  throw new ProblemError("unsupported_media_type", "Send rows as they are, or with Content-Encoding: gzip.");
}

const invalid = (detail: string, pointer: string): ProblemError =>
  new ProblemError("validation_failed", detail, { errors: [{ pointer, message: detail }] });

function objectOf(text: unknown, name: string): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parseStrictJson(text as string, optionDepthMax);
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error;
    throw invalid(`${name} is no JSON: ${error.message}`, `/${name}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${name} takes a JSON object, for example {"sku":"item_no"}.`, `/${name}`);
  return value as Record<string, unknown>;
}

function mapOf(text: unknown, list: ImportList): Readonly<Record<string, string>> {
  const map = objectOf(text, "map");
  const fields = fieldsOf(list);
  for (const [field, column] of Object.entries(map)) {
    if (typeof column !== "string")
      throw invalid(`map names a column for each field; that of ${field} is none.`, "/map");
    if (!fields.includes(field.split(".")[0]!))
      throw invalid(`map names ${field}, which is no field of ${list}. Take one of ${fields.join(", ")}.`, "/map");
  }
  return map as Record<string, string>;
}

/** The caller may go away in the middle. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw new RowsUnreadable(
      "The body ended before it was whole. Send it again under the same key: what is there is not applied twice.",
      {
        cause: error,
      },
    );
  }
}
