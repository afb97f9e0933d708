/** Reads of devices: what was received of their logs, and how their clocks are. */
import type { Queryable } from "../db/pool.ts";
import { deviceLimits } from "./device-log.ts";
import { missingIn, parseRanges, type Range, throughOf } from "./ranges.ts";
import * as sql from "./sql/devices.ts";

export interface Device {
  readonly deviceId: string;
  readonly sourceId: string | null;
  readonly acknowledgedThrough: number;
  readonly lastSequence: number;
  readonly missing: readonly Range[];
  readonly clock: { readonly offsetMs: number; readonly errorMs: number | null } | null;
  readonly lines: number;
  readonly firstHeardAtMs: number;
  readonly lastHeardAtMs: number;
}

export class DeviceQueries {
  readonly #database: Queryable;

  constructor(database: Queryable) {
    this.#database = database;
  }

  /** @returns null when nothing was ever heard of it */
  async get(deviceId: string): Promise<Device | null> {
    const { rows } = await this.#database.query<sql.DeviceRow>(sql.selectDevice(deviceId));
    return rows[0]!.device_id === null ? null : deviceOf(rows[0]!);
  }

  async list(
    after: string | null,
    limit: number,
  ): Promise<{ readonly rows: readonly Device[]; readonly next: string | null }> {
    const { rows } = await this.#database.query<sql.DeviceRow>(sql.listDevices(after, limit + 1));
    return { rows: rows.slice(0, limit).map(deviceOf), next: rows.length > limit ? rows[limit - 1]!.device_id : null };
  }
}

function deviceOf(row: sql.DeviceRow): Device {
  const received = parseRanges(row.received);
  return {
    deviceId: row.device_id,
    sourceId: row.source_id,
    acknowledgedThrough: throughOf(received),
    lastSequence: row.last_sequence,
    missing: missingIn(received, row.last_sequence, deviceLimits.missingMax),
    clock: row.clock_offset_ms === null ? null : { offsetMs: row.clock_offset_ms, errorMs: row.clock_error_ms },
    lines: row.lines,
    firstHeardAtMs: row.first_heard_at,
    lastHeardAtMs: row.last_heard_at,
  };
}
