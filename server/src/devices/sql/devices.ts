/** Statements on devices. */
import type { Statement } from "../../db/pool.ts";

export interface DeviceRow {
  readonly device_id: string;
  readonly source_id: string | null;
  /** As PostgreSQL writes ranges. */
  readonly received: string;
  readonly last_sequence: number;
  readonly clock_offset_ms: number | null;
  readonly clock_error_ms: number | null;
  readonly clock_at: number | null;
  readonly lines: number;
  readonly first_heard_at: number;
  readonly last_heard_at: number;
}

const columns = `d.device_id, d.source_id, d.received::text AS received, d.last_sequence, d.clock_offset_ms, d.clock_error_ms, d.clock_at,
  d.lines, d.first_heard_at, d.last_heard_at`;

/** The database's time, and the device; its columns are null when it is new. */
export const selectDevice = (deviceId: string): Statement => ({
  name: "device_select",
  text: `SELECT clock_timestamp() AS now, ${columns} FROM (SELECT 1) one LEFT JOIN device d ON d.device_id = $1`,
  values: [deviceId],
});

/** A page of devices. @param after id of the last one before, or null */
export const listDevices = (after: string | null, limit: number): Statement => ({
  name: "device_list",
  text: `SELECT ${columns} FROM device d WHERE d.device_id > $1 ORDER BY d.device_id LIMIT $2`,
  values: [after ?? "", limit],
});

export interface Received {
  readonly deviceId: string;
  readonly sourceId: string | null;
  /** As PostgreSQL writes ranges. */
  readonly ranges: string;
  readonly lastSequence: number;
  readonly lines: number;
  /** When the request arrived, in ms. */
  readonly heardAtMs: number;
  readonly clock: { readonly offsetMs: number; readonly errorMs: number | null; readonly atMs: number } | null;
}

/**
 * Adds what was received. Several requests of a device may do so at once, in any order: ranges are united, and of readings
 * of the clock the latest is kept.
 */
export const addReceived = (received: Received): Statement => ({
  name: "device_add_received",
  text: `INSERT INTO device AS d (device_id, source_id, received, last_sequence, clock_offset_ms, clock_error_ms, clock_at, lines, first_heard_at, last_heard_at)
         VALUES ($1, $2, $3::int8multirange, $4, $5, $6, to_timestamp($7::bigint / 1000.0), $8, to_timestamp($9::bigint / 1000.0), to_timestamp($9::bigint / 1000.0))
         ON CONFLICT (device_id) DO UPDATE SET source_id = coalesce(excluded.source_id, d.source_id),
           received = d.received + excluded.received, last_sequence = greatest(d.last_sequence, excluded.last_sequence),
           clock_offset_ms = CASE WHEN excluded.last_heard_at >= d.last_heard_at THEN excluded.clock_offset_ms ELSE d.clock_offset_ms END,
           clock_error_ms = CASE WHEN excluded.last_heard_at >= d.last_heard_at THEN excluded.clock_error_ms ELSE d.clock_error_ms END,
           clock_at = CASE WHEN excluded.last_heard_at >= d.last_heard_at THEN excluded.clock_at ELSE d.clock_at END,
           lines = d.lines + excluded.lines, last_heard_at = greatest(d.last_heard_at, excluded.last_heard_at)
         RETURNING received::text AS received, last_sequence`,
  values: [
    received.deviceId,
    received.sourceId,
    received.ranges,
    received.lastSequence,
    received.clock?.offsetMs ?? null,
    received.clock?.errorMs ?? null,
    received.clock?.atMs ?? null,
    received.lines,
    received.heardAtMs,
  ],
});
