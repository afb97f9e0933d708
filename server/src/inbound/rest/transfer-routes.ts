/** /v1/transfers and /v1/incoming */
import type {
  CancelOrder,
  CreateTransfer,
  ReceiveUnits,
  RescheduleOrder,
  ShipTransfer,
} from "@onhand/protocol/order-requests";
import {
  cancelAction,
  noteOf,
  receiveAction,
  rescheduleAction,
  shipAction,
  transferCommand,
} from "../../commands/order-commands.ts";
import type { Route } from "../../host/route.ts";
import { ordinaryBodyBytesMax } from "./common.ts";
import { feedCursorOf, notFound, type RestContext, requestContext } from "./context.ts";
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
import { changedTransferView, incomingView, shownOfRow, transferView } from "./order-views.ts";
import { readRoute } from "./read-route.ts";
import { faultsOfReceipt, transferActions } from "./transfer-actions.ts";

/** @returns the routes that list, read, request, ship, receive and cancel transfers, and list what is on its way */
export function transferRoutes(rest: RestContext): Route[] {
  const action = transferActions(rest, {
    order: "transfer",
    idOf: (params) => params.transferId!,
    view: changedTransferView,
  });
  return [
    ...readRoutes(rest),
    createRoute(rest),
    action<ShipTransfer>("shipTransfer", shipAction),
    action<ReceiveUnits>("receiveTransfer", receiveAction, faultsOfReceipt),
    action<CancelOrder>("cancelTransfer", cancelAction),
    action<RescheduleOrder>("patchTransfer", rescheduleAction),
  ];
}

function readRoutes(rest: RestContext): Route[] {
  return [
    readRoute(rest, "listTransfers", ({ query }) => {
      const filter = {
        kind: "transfer" as const,
        state: (query.status as string | undefined) ?? null,
        fromLocationId: (query.fromLocationId as string | undefined) ?? null,
        toLocationId: (query.toLocationId as string | undefined) ?? null,
        buyer: null,
        ...commonFilter(rest, query),
      };
      return listOrders(rest, query, filter, (row) => transferView(shownOfRow(row)));
    }),
    readRoute(rest, "getTransfer", async ({ params }) => {
      const row = await rest.orders.order("transfer", params.transferId!);
      if (row === null) throw notFound(`transfer ${params.transferId}`);
      return { status: 200, body: transferView(shownOfRow(row)) };
    }),
    readRoute(rest, "listIncoming", async ({ query }) => {
      const filters = ["incoming", query.productId, query.locationId];
      const start = rest.pageTokens.read(query, filters);
      const feedCursor = await feedCursorOf(rest, start);
      const filter = { ...commonFilter(rest, query), toLocationId: (query.locationId as string | undefined) ?? null };
      const page = await rest.orders.incoming(filter, start.after, query.limit as number);
      const nextCursor = rest.pageTokens.next(page.next, filters, feedCursor);
      const body = { data: page.rows.map(incomingView), nextCursor };
      return { status: 200, body, headers: { "onhand-cursor": feedCursor } };
    }),
  ];
}

function createRoute(rest: RestContext): Route {
  return {
    operationId: "createTransfer",
    bodyBytesMax: ordinaryBodyBytesMax,
    async handle(call) {
      const body = call.body as CreateTransfer;
      refuseMatch(call);
      requireNone(faultsOfLines(body.lines));
      const context = requestContext(rest, call, body.operationId);
      const accepted = await executeOrder(rest, context, async () =>
        transferCommand(context, body, await productsOf(rest, body.lines)),
      );
      rememberMade(rest, accepted.outcome, noteOf(body));
      const transfer = changedTransferView(accepted.outcome, body, await afterWrite(rest, accepted));
      const location = `/v1/transfers/${transfer.transferId}`;
      return { status: 201, body: transfer, headers: { ...accepted.headers, location } };
    },
  };
}
