/** Calls on orders on stock: reservations, transfers, supplies, and what is on its way. */
import Type from "typebox";
import * as requests from "../order-requests.ts";
import * as orders from "../orders.ts";
import { Page } from "../resources.ts";
import { Id, NonEmptyText } from "../schema.ts";
import { act, closed, create, freshness, minCursor, type Operation, paging, patch, read } from "./shared.ts";

const byProduct = Type.Optional(Id("Only those with this product"));
const byReference = Type.Optional(NonEmptyText(255, "Only those with this reference"));

const reservationList = Type.Object(
  {
    ...paging,
    minCursor,
    phase: Type.Optional(Type.String({ enum: ["held", "paying", "committed", "released", "expired"] })),
    productId: byProduct,
    locationId: Type.Optional(Id("Only those that take from this location")),
    reference: byReference,
    buyer: Type.Optional(NonEmptyText(255, "Only those of this buyer")),
  },
  closed,
);

const transferList = Type.Object(
  {
    ...paging,
    minCursor,
    status: Type.Optional(Type.String({ enum: ["requested", "in_transit", "received", "cancelled"] })),
    productId: byProduct,
    fromLocationId: Type.Optional(Id("Only those from this location")),
    toLocationId: Type.Optional(Id("Only those to this location")),
    reference: byReference,
  },
  closed,
);

const supplyList = Type.Object(
  {
    ...paging,
    minCursor,
    status: Type.Optional(Type.String({ enum: ["expected", "received", "cancelled"] })),
    productId: byProduct,
    locationId: Type.Optional(Id("Only those to this location")),
    reference: byReference,
  },
  closed,
);

const incomingList = Type.Object(
  {
    ...paging,
    minCursor,
    productId: Type.Optional(Id("Only units of this product")),
    locationId: Type.Optional(Id("Only units to this location")),
  },
  closed,
);

export const orderOperations = {
  listReservations: {
    ...read,
    path: "/v1/reservations",
    summary: "List reservations, newest first",
    query: reservationList,
    response: Page(orders.Reservation),
  },
  createReservation: {
    ...create,
    path: "/v1/reservations",
    summary: "Hold units for a while, or see what it would come to with `dryRun`",
    body: requests.CreateReservation,
    response: orders.ChangedReservation,
    statusOfDryRun: 200,
  },
  getReservation: {
    ...read,
    path: "/v1/reservations/{reservationId}",
    summary: "Read a reservation",
    query: freshness,
    response: orders.Reservation,
  },
  commitReservation: {
    ...act,
    path: "/v1/reservations/{reservationId}/commit",
    summary: "Sell what is held, all or in part",
    body: requests.CommitReservation,
    response: orders.ChangedReservation,
  },
  releaseReservation: {
    ...act,
    path: "/v1/reservations/{reservationId}/release",
    summary: "Give back what is held, all or in part",
    body: requests.ReleaseReservation,
    response: orders.ChangedReservation,
  },
  extendReservation: {
    ...act,
    path: "/v1/reservations/{reservationId}/extend",
    summary: "Hold for longer, from now on",
    body: requests.ExtendReservation,
    response: orders.ChangedReservation,
  },
  payReservation: {
    ...act,
    path: "/v1/reservations/{reservationId}/pay",
    summary: "Say that payment has begun, which gives it time of its own",
    body: requests.PayReservation,
    response: orders.ChangedReservation,
  },
  listTransfers: {
    ...read,
    path: "/v1/transfers",
    summary: "List transfers, newest first",
    query: transferList,
    response: Page(orders.Transfer),
  },
  createTransfer: {
    ...create,
    path: "/v1/transfers",
    summary: "Request units from another location; they are held there",
    body: requests.CreateTransfer,
    response: orders.ChangedTransfer,
  },
  getTransfer: {
    ...read,
    path: "/v1/transfers/{transferId}",
    summary: "Read a transfer",
    query: freshness,
    response: orders.Transfer,
  },
  patchTransfer: {
    ...patch,
    path: "/v1/transfers/{transferId}",
    summary: "Change when the units are expected",
    body: requests.RescheduleOrder,
    response: orders.ChangedTransfer,
  },
  shipTransfer: {
    ...act,
    path: "/v1/transfers/{transferId}/ship",
    summary: "Send what is held on its way, all or in part",
    body: requests.ShipTransfer,
    response: orders.ChangedTransfer,
  },
  receiveTransfer: {
    ...act,
    path: "/v1/transfers/{transferId}/receive",
    summary: "Book what arrived, and what did not",
    body: requests.ReceiveUnits,
    response: orders.ChangedTransfer,
  },
  cancelTransfer: {
    ...act,
    path: "/v1/transfers/{transferId}/cancel",
    summary: "Call off what is open; units on their way go back to where they came from",
    body: requests.CancelOrder,
    response: orders.ChangedTransfer,
  },
  listSupplies: {
    ...read,
    path: "/v1/supplies",
    summary: "List supplies, newest first",
    query: supplyList,
    response: Page(orders.Supply),
  },
  createSupply: {
    ...create,
    path: "/v1/supplies",
    summary: "Announce units from outside by purchase reference",
    body: requests.CreateSupply,
    response: orders.ChangedSupply,
  },
  getSupply: {
    ...read,
    path: "/v1/supplies/{supplyId}",
    summary: "Read a supply",
    query: freshness,
    response: orders.Supply,
  },
  patchSupply: {
    ...patch,
    path: "/v1/supplies/{supplyId}",
    summary: "Change when the units are expected",
    body: requests.RescheduleOrder,
    response: orders.ChangedSupply,
  },
  receiveSupply: {
    ...act,
    path: "/v1/supplies/{supplyId}/receive",
    summary: "Book what arrived, and what did not",
    body: requests.ReceiveUnits,
    response: orders.ChangedSupply,
  },
  cancelSupply: {
    ...act,
    path: "/v1/supplies/{supplyId}/cancel",
    summary: "Expect what is open no more",
    body: requests.CancelOrder,
    response: orders.ChangedSupply,
  },
  listIncoming: {
    ...read,
    path: "/v1/incoming",
    summary: "List the units on their way, by when they are expected",
    query: incomingList,
    response: Page(orders.IncomingLine),
  },
} as const satisfies Record<string, Operation>;
