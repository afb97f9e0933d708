/** /v1/supplies */
import type { CancelOrder, CreateSupply, ReceiveUnits, RescheduleOrder } from "@onhand/protocol/order-requests";
import { cancelAction, noteOf, receiveAction, rescheduleAction, supplyCommand } from "../../commands/order-commands.ts";
import type { Route } from "../../host/route.ts";
import { ordinaryBodyBytesMax } from "./common.ts";
import { notFound, type RestContext, requestContext } from "./context.ts";
import {
  afterWrite,
  commonFilter,
  executeOrder,
  faultsOfLines,
  listOrders,
  productsOf,
  refuseMatch,
  rememberMade,
  requireNone,
} from "./order-parts.ts";
import { changedSupplyView, shownOfRow, supplyView } from "./order-views.ts";
import { readRoute } from "./read-route.ts";
import { faultsOfReceipt, transferActions } from "./transfer-actions.ts";

/** @returns the routes that list, read, announce, receive and cancel supplies */
export function supplyRoutes(rest: RestContext): Route[] {
  const action = transferActions(rest, {
    order: "supply",
    idOf: (params) => params.supplyId!,
    view: changedSupplyView,
  });
  return [
    ...readRoutes(rest),
    createRoute(rest),
    action<ReceiveUnits>("receiveSupply", receiveAction, faultsOfReceipt),
    action<CancelOrder>("cancelSupply", cancelAction),
    action<RescheduleOrder>("patchSupply", rescheduleAction),
  ];
}

function readRoutes(rest: RestContext): Route[] {
  return [
    readRoute(rest, "listSupplies", ({ query }) => {
      const filter = {
        kind: "supply" as const,
        state: (query.status as string | undefined) ?? null,
        fromLocationId: null,
        toLocationId: (query.locationId as string | undefined) ?? null,
        buyer: null,
        ...commonFilter(rest, query),
      };
      return listOrders(rest, query, filter, (row) => supplyView(shownOfRow(row)));
    }),
    readRoute(rest, "getSupply", async ({ params }) => {
      const row = await rest.orders.order("supply", params.supplyId!);
      if (row === null) throw notFound(`supply ${params.supplyId}`);
      return { status: 200, body: supplyView(shownOfRow(row)) };
    }),
  ];
}

function createRoute(rest: RestContext): Route {
  return {
    operationId: "createSupply",
    bodyBytesMax: ordinaryBodyBytesMax,
    async handle(call) {
      const body = call.body as CreateSupply;
      refuseMatch(call);
      requireNone(faultsOfLines(body.lines));
      const context = requestContext(rest, call, body.operationId);
      const accepted = await executeOrder(rest, context, async () =>
        supplyCommand(context, body, await productsOf(rest, body.lines)),
      );
      rememberMade(rest, accepted.outcome, noteOf(body));
      const supply = changedSupplyView(accepted.outcome, body, await afterWrite(rest, accepted));
      const location = `/v1/supplies/${supply.supplyId}`;
      return { status: 201, body: supply, headers: { ...accepted.headers, location } };
    },
  };
}
