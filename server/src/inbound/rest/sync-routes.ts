/** /v1/sync/batch and /v1/devices: logs of tills and scanners that work without a network. */
import type { Device as DeviceView, SyncAnswer, SyncBatch } from "@onhand/protocol/sync";
import { limits } from "../../core/limits.ts";
import { type DeviceLog, deviceLimits, LogScattered, type SyncedLine } from "../../devices/device-log.ts";
import type { Device, DeviceQueries } from "../../devices/device-queries.ts";
import type { Range } from "../../devices/ranges.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { formatRfc3339, parseRfc3339Ms } from "../../lib/rfc3339.ts";
import { refuseIfMatch } from "./common.ts";
import { notFound, type RestContext, requestContext } from "./context.ts";
import { explainFailure } from "./outcome-problems.ts";
import { itemOfOutcome } from "./views.ts";

/** What the routes of devices work with beside the others. */
export interface SyncContext extends RestContext {
  readonly deviceLog: DeviceLog;
  readonly devices: DeviceQueries;
}

/** @returns the routes of devices */
export function syncRoutes(context: SyncContext): Route[] {
  const { devices, pageTokens } = context;
  return [
    { operationId: "syncBatch", bodyBytesMax: limits.bulkBodyBytesMax, handle: (call) => sync(context, call) },
    {
      operationId: "listDevices",
      bodyBytesMax: 0,
      async handle({ query }) {
        const after = (pageTokens.read(query, ["devices"]).after?.[0] as string | undefined) ?? null;
        const { rows, next } = await devices.list(after, query.limit as number);
        const nextCursor = pageTokens.next(next === null ? null : [next], ["devices"], null);
        return { status: 200, body: { data: rows.map(deviceOf), nextCursor } };
      },
    },
    {
      operationId: "getDevice",
      bodyBytesMax: 0,
      async handle({ params }) {
        const device = await devices.get(params.deviceId!);
        if (device === null) throw notFound(`device ${params.deviceId}, or it never sent its log`);
        return { status: 200, body: deviceOf(device) };
      },
    },
  ];
}

async function sync(context: SyncContext, call: Call): Promise<Reply> {
  refuseIfMatch(call);
  const body = call.body as SyncBatch;
  const answered = await explained(() =>
    context.deviceLog.sync(
      {
        deviceId: body.deviceId,
        sourceId: body.sourceId ?? null,
        locationId: body.locationId ?? null,
        clockAtMs: body.deviceTime === undefined ? null : parseRfc3339Ms(body.deviceTime),
        tripMs: body.roundTripMs ?? null,
        lastSequence: body.lastSequence ?? null,
        operations: body.operations,
      },
      requestContext(context, call),
    ),
  );
  const answer: SyncAnswer = {
    results: answered.results.map(resultOf),
    acknowledgedThrough: answered.acknowledgedThrough,
    missing: answered.missing.map(rangeOf),
    lastSequence: answered.lastSequence,
    clock: answered.clock,
    serverTime: formatRfc3339(answered.nowMs),
    cursor: context.freshness.cursor(),
  };
  // Operations have keys of their own: repeated, the request is answered by them and needs none.
  return { status: 200, body: answer, headers: { "idempotency-key": call.idempotencyKey ?? body.deviceId } };
}

async function explained<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LogScattered) {
      const message = `falls into more than ${deviceLimits.rangesMax} ranges of numbers`;
      throw new ProblemError(
        "validation_failed",
        `The log of this device ${message}. Numbers count up by one; begin a new log under another deviceId.`,
        { errors: [{ pointer: "/operations", message }] },
      );
    }
    throw explainFailure(error) ?? error;
  }
}

function resultOf({ applied, verdict, ...rest }: SyncedLine): SyncAnswer["results"][number] {
  return {
    ...rest,
    // A level that another one is newer than was taken and is recorded: there is nothing left for the device to do.
    verdict: verdict === "ignored" ? "applied" : verdict,
    ...(applied === undefined ? {} : { item: itemOfOutcome(applied.item, applied.sku) }),
    ...(applied?.review === undefined ? {} : { review: applied.review }),
  };
}

const rangeOf = ([first, last]: Range) => ({ first, last });

const deviceOf = ({ firstHeardAtMs, lastHeardAtMs, missing, ...device }: Device): DeviceView => ({
  ...device,
  missing: missing.map(rangeOf),
  firstHeardAt: formatRfc3339(firstHeardAtMs),
  lastHeardAt: formatRfc3339(lastHeardAtMs),
});
