/** /v1/locations */
import type { CreateLocation, PatchLocation, ReplaceLocation } from "@onhand/protocol/requests";
import { locationCommand, locationDocument, locationFields } from "../../commands/catalogue-commands.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { sortableId } from "../../lib/random-id.ts";
import { lifeOf, listReply, removalOf } from "./catalogue-parts.ts";
import { ordinaryBodyBytesMax, refuseIfMatch, requireSameId } from "./common.ts";
import { execute, notFound, type RestContext, requestContext } from "./context.ts";
import { readRoute } from "./read-route.ts";
import { locationOfOutcome, locationOfRow } from "./views.ts";

/** @returns the routes that list, read, create, change and delete locations */
export function locationRoutes(rest: RestContext): Route[] {
  return [...readRoutes(rest), ...writeRoutes(rest)];
}

function readRoutes(rest: RestContext): Route[] {
  return [
    readRoute(rest, "listLocations", ({ query }) =>
      listReply(rest, query, "locations", (...page) => rest.catalogue.locations(...page), locationOfRow),
    ),
    readRoute(rest, "getLocation", async ({ params }) => {
      const row = await rest.catalogue.location(params.locationId!);
      if (row === null) throw notFound(`location ${params.locationId}`);
      return { status: 200, body: locationOfRow(row), headers: { etag: `"${row.version}"` } };
    }),
  ];
}

function writeRoutes(rest: RestContext): Route[] {
  const change = async (call: Call, operation: Parameters<typeof locationCommand>[3]): Promise<Reply> => {
    const context = requestContext(rest, call);
    const locationId = call.params.locationId!;
    const { outcome, headers } = await execute(
      rest,
      context,
      locationCommand(context, locationId, locationId, operation, call.ifMatchVersion),
      "location",
    );
    return {
      status: 200,
      body: locationOfOutcome(outcome.location),
      headers: { ...headers, etag: `"${outcome.location.version}"` },
    };
  };
  return [
    {
      operationId: "createLocation",
      bodyBytesMax: ordinaryBodyBytesMax,
      async handle(call) {
        const body = call.body as CreateLocation;
        refuseIfMatch(call);
        const context = requestContext(rest, call);
        const locationId = body.locationId ?? sortableId("loc_", rest.clock.nowMs());
        const operation = { kind: "create", document: locationDocument(body) } as const;
        const { outcome, headers } = await execute(
          rest,
          context,
          locationCommand(context, locationId, body.locationId ?? null, operation, call.ifMatchVersion),
          "location",
        );
        const location = locationOfOutcome(outcome.location);
        return {
          status: 201,
          body: location,
          headers: { ...headers, etag: `"${location.version}"`, location: `/v1/locations/${location.locationId}` },
        };
      },
    },
    {
      operationId: "replaceLocation",
      bodyBytesMax: ordinaryBodyBytesMax,
      handle(call) {
        const body = call.body as ReplaceLocation;
        requireSameId("/locationId", call.params.locationId!, body.locationId);
        return change(call, { kind: "replace", document: locationDocument(body), ...lifeOf(body.status) });
      },
    },
    {
      operationId: "patchLocation",
      bodyBytesMax: ordinaryBodyBytesMax,
      handle(call) {
        const body = call.body as PatchLocation;
        requireSameId("/locationId", call.params.locationId!, body.locationId);
        return change(call, { kind: "patch", fields: locationFields(body), ...lifeOf(body.status) });
      },
    },
    {
      operationId: "deleteLocation",
      bodyBytesMax: 0,
      async handle(call) {
        const reply = await change(call, removalOf(call));
        return { status: 204, body: null, headers: reply.headers ?? {} };
      },
    },
  ];
}
