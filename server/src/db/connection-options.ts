/** How every connection to the database is set up. */
import type { ClientConfig, CustomTypesConfig } from "pg";
import pg from "pg";

/** Where the database is: a `postgresql://` URL, or the parts of the embedded one. */
export type DatabaseTarget =
  | { readonly url: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    };

export const schemaName = "onhand";
export const applicationRole = "onhand_app";

const int8Oid = 20;
const timestamptzOid = 1184;

/**
 * `2026-11-21 20:56:29.123456+00` → milliseconds of the Unix epoch, what is beyond them cut off. PostgreSQL leaves out
 * trailing zeros of the fraction, and the whole fraction when there is none. The session's time zone is always UTC.
 */
export function parseTimestampMs(text: string): number {
  const ms = Date.parse(`${text.slice(0, 10)}T${text.slice(11, -3).slice(0, 12)}Z`);
  if (Number.isNaN(ms)) throw new RangeError(`"${text}" is no time of a session in UTC`);
  return ms;
}

/** An exact number where it is one; sums beyond 2^53 − 1 stay exact as bigint. */
function parseInteger(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

const types: CustomTypesConfig = {
  getTypeParser(oid: number, format?: string) {
    if (format !== "binary" && oid === int8Oid) return parseInteger;
    if (format !== "binary" && oid === timestamptzOid) return parseTimestampMs;
    return pg.types.getTypeParser(oid, format as "text");
  },
} as CustomTypesConfig;

export interface ConnectionPurpose {
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** The application's role, which may not rewrite entries; the owner only migrates. */
  readonly role: "application" | "owner";
  /** After this long a statement counts as lost and its connection is destroyed; absent: migrations and proofs wait. */
  readonly queryTimeoutMs?: number;
  /** Further settings of the session. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** @returns options for a client or a pool of `pg` */
export function connectionOptions(target: DatabaseTarget, purpose: ConnectionPurpose): ClientConfig {
  const settings: Record<string, string> = {
    search_path: schemaName,
    timezone: "UTC",
    datestyle: "ISO",
    ...(purpose.role === "application" ? { role: applicationRole } : {}),
    ...purpose.settings,
  };
  const options = Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/([\\ ])/g, "\\$1")}`)
    .join(" ");
  const where = "url" in target ? { connectionString: target.url } : target;
  return {
    ...where,
    application_name: `onhand ${purpose.name}`,
    options,
    types,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    ...(purpose.queryTimeoutMs === undefined ? {} : { query_timeout: purpose.queryTimeoutMs }),
  };
}
