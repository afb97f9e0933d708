/** What takes the logs of devices, behind the door for lines from outside. */
import { DeviceLog } from "../devices/device-log.ts";
import { DeviceQueries } from "../devices/device-queries.ts";
import type { Route } from "../host/route.ts";
import type { RestContext } from "../inbound/rest/context.ts";
import { syncRoutes } from "../inbound/rest/sync-routes.ts";
import type { SourceSide } from "./source-side.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** The routes that work with it. */
export const deviceSideRoutes = (
  rest: RestContext,
  { config: { resultDays } }: WriteSideOptions,
  { database }: WriteSide,
  { intake }: SourceSide,
): Route[] =>
  syncRoutes({
    ...rest,
    deviceLog: new DeviceLog({ database, intake, resultDays }),
    devices: new DeviceQueries(database),
  });
