/** /v1/reservations */
import type {
  CommitReservation,
  CreateReservation,
  ExtendReservation,
  PayReservation,
  ReleaseReservation,
} from "@onhand/protocol/order-requests";
import {
  buyerKeyOf,
  commitAction,
  extendAction,
  noteOf,
  payAction,
  releaseAction,
  reservationCommand,
  reserveCommand,
} from "../../commands/order-commands.ts";
import type { ReservationAction } from "../../core/command.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import type { FieldError } from "../../host/validation.ts";
import { sortableId } from "../../lib/random-id.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import { ordinaryBodyBytesMax } from "./common.ts";
import { type Accepted, notFound, type RestContext, requestContext } from "./context.ts";
import {
  afterWrite,
  commonFilter,
  executeOrder,
  faultsOfLines,
  findOrder,
  listOrders,
  productsOf,
  refuseMatch,
  rememberMade,
  requireNone,
  withPartitions,
} from "./order-parts.ts";
import { changedReservationView, reservationView, shownOfRow } from "./order-views.ts";
import { readRoute } from "./read-route.ts";

/** @returns the routes that list, read, make, sell, release, extend and begin to pay reservations */
export function reservationRoutes(rest: RestContext): Route[] {
  return [...readRoutes(rest), createRoute(rest), ...actionRoutes(rest)];
}

function readRoutes(rest: RestContext): Route[] {
  return [
    readRoute(rest, "listReservations", ({ query }) => {
      const filter = {
        kind: "reservation" as const,
        state: (query.phase as string | undefined) ?? null,
        fromLocationId: (query.locationId as string | undefined) ?? null,
        toLocationId: null,
        buyer: (query.buyer as string | undefined) ?? null,
        ...commonFilter(rest, query),
      };
      return listOrders(rest, query, filter, (row) => reservationView(shownOfRow(row)));
    }),
    readRoute(rest, "getReservation", async ({ params }) => {
      const row = await rest.orders.order("reservation", params.reservationId!);
      if (row === null) throw notFound(`reservation ${params.reservationId}`);
      return { status: 200, body: reservationView(shownOfRow(row)) };
    }),
  ];
}

/** What a schema cannot say of a new reservation. */
function faultsOf(body: CreateReservation): FieldError[] {
  const places = body.lines.flatMap(({ locationId, locationGroup }, index): FieldError[] => {
    if (locationId !== undefined && locationGroup !== undefined)
      return [{ pointer: `/lines/${index}/locationGroup`, message: "cannot stand beside locationId" }];
    if (locationId === undefined && locationGroup === undefined && body.channelId === undefined)
      return [
        { pointer: `/lines/${index}/locationId`, message: "is required unless locationGroup or channelId is given" },
      ];
    return [];
  });
  const faults = [...faultsOfLines(body.lines), ...places];
  if (body.supersede === true && body.buyer === undefined)
    faults.push({ pointer: "/buyer", message: "is required with supersede" });
  return faults;
}

const nothingHeld = { partitions: [], lines: 0 };

function createRoute(rest: RestContext): Route {
  return {
    operationId: "createReservation",
    bodyBytesMax: ordinaryBodyBytesMax,
    async handle(call) {
      const body = call.body as CreateReservation;
      refuseMatch(call);
      requireNone(faultsOf(body));
      const isDryRun = body.dryRun === true;
      // What takes nothing is not remembered: it has a key of its own, and leaves the caller's for the real one.
      const key = isDryRun ? sortableId("dry_", rest.clock.nowMs()) : body.operationId;
      const context = requestContext(rest, call, key);
      const { keyId } = context.principal;
      const older = body.supersede === true ? await rest.orders.heldBy(buyerKeyOf(keyId, body.buyer!)) : nothingHeld;
      const accepted = await executeOrder(rest, context, async (needsPartitions) =>
        reserveCommand(context, body, {
          products: await productsOf(rest, body.lines),
          limits: rest.holdLimits,
          alsoPartitions: [...new Set([...older.partitions, ...needsPartitions])],
          olderLines: older.lines,
        }),
      );
      const { outcome, headers } = accepted;
      rememberMade(rest, outcome, noteOf(body));
      const reservation = changedReservationView(outcome, body, await afterWrite(rest, accepted));
      if (outcome.isDryRun) return { status: 200, body: reservation, headers };
      const location = `/v1/reservations/${reservation.reservationId}`;
      return { status: 201, body: reservation, headers: { ...headers, location } };
    },
  };
}

interface ActionBody {
  readonly lines?: CommitReservation["lines"];
  readonly reference?: string;
  readonly reason?: string;
  readonly operationId?: string;
}

/** @throws ProblemError 409 when money came too late, which is recorded all the same */
function requireNotLate({ outcome, headers }: Accepted<"order">): void {
  if (outcome.latePayment !== "refused") return;
  const { orderId, paymentLateAtMs } = outcome.order;
  const since = paymentLateAtMs === null ? "" : `, first at ${formatRfc3339(paymentLateAtMs)}`;
  throw new ProblemError(
    "reservation_expired",
    `Reservation ${orderId} has ended, and nothing of it was sold. It is recorded that money came for it after its end${since} (reservation.payment_late.v1): pay it back, or reserve anew.`,
    headers["idempotency-key"] === undefined ? {} : { idempotencyKey: headers["idempotency-key"] },
    { isRemembered: true, headers },
  );
}

function actionRoutes(rest: RestContext): Route[] {
  const route = <Body extends ActionBody>(
    operationId: Route["operationId"],
    actionOf: (body: Body) => ReservationAction,
  ): Route => ({
    operationId,
    bodyBytesMax: ordinaryBodyBytesMax,
    async handle(call: Call): Promise<Reply> {
      const body = call.body as Body;
      refuseMatch(call);
      const found = await findOrder(rest, "reservation", call.params.reservationId!);
      const context = requestContext(rest, call, body.operationId);
      const accepted = await executeOrder(rest, context, async (needsPartitions) =>
        reservationCommand(context, withPartitions(found, needsPartitions), actionOf(body), body),
      );
      requireNotLate(accepted);
      const view = changedReservationView(accepted.outcome, found.note, await afterWrite(rest, accepted));
      return { status: 200, body: view, headers: accepted.headers };
    },
  });
  return [
    route<CommitReservation>("commitReservation", commitAction),
    route<ReleaseReservation>("releaseReservation", releaseAction),
    route<ExtendReservation>("extendReservation", (body) => extendAction(body.ttlSeconds)),
    route<PayReservation>("payReservation", (body) => payAction(body.ttlSeconds)),
  ];
}
