/** Webhook subscriptions: what they are, their log, and what is made up for. */
import Type from "typebox";
import * as resources from "../resources.ts";
import { NonEmptyText } from "../schema.ts";
import * as subscriptions from "../subscriptions.ts";
import { act, closed, create, type Operation, paging, patch, read } from "./shared.ts";

export const subscriptionOperations = {
  listSubscriptions: {
    ...read,
    path: "/v1/subscriptions/inventory",
    summary: "List webhook subscriptions",
    query: Type.Object(paging, closed),
    response: resources.Page(subscriptions.Subscription),
  },
  createSubscription: {
    ...create,
    path: "/v1/subscriptions/inventory",
    summary: "Subscribe a webhook to the changes from now on",
    body: subscriptions.CreateSubscription,
    response: subscriptions.SubscriptionWithSecret,
  },
  getSubscription: {
    ...read,
    path: "/v1/subscriptions/inventory/{subscriptionId}",
    summary: "Read a subscription and what it has reached",
    response: subscriptions.Subscription,
  },
  patchSubscription: {
    ...patch,
    path: "/v1/subscriptions/inventory/{subscriptionId}",
    summary: "Change fields of a subscription",
    body: subscriptions.PatchSubscription,
    response: subscriptions.Subscription,
  },
  deleteSubscription: {
    method: "DELETE",
    right: "writer",
    status: 204,
    writes: true,
    response: null,
    path: "/v1/subscriptions/inventory/{subscriptionId}",
    summary: "Delete a subscription and what waits for it",
  },
  pingSubscription: {
    ...act,
    writes: false,
    path: "/v1/subscriptions/inventory/{subscriptionId}/ping",
    summary: "Send a signed test event now and see what comes of it",
    response: subscriptions.PingResult,
  },
  pauseSubscription: {
    ...act,
    path: "/v1/subscriptions/inventory/{subscriptionId}/pause",
    summary: "Send nothing until it is resumed; nothing is lost",
    response: subscriptions.Subscription,
  },
  resumeSubscription: {
    ...act,
    path: "/v1/subscriptions/inventory/{subscriptionId}/resume",
    summary: "Go on; what waits for another try is due at once",
    response: subscriptions.Subscription,
  },
  rotateSubscriptionSecret: {
    ...act,
    path: "/v1/subscriptions/inventory/{subscriptionId}/rotate-secret",
    summary: "Sign with a new secret, and with the one before for a while",
    body: subscriptions.RotateSecret,
    response: subscriptions.SubscriptionWithSecret,
  },
  replayDeliveries: {
    ...act,
    path: "/v1/subscriptions/inventory/{subscriptionId}/replay",
    summary: "Send deliveries of the log again, under their ids and numbers",
    body: subscriptions.ReplayDeliveries,
    response: subscriptions.Requeued,
  },
  backfillSubscription: {
    ...act,
    path: "/v1/subscriptions/inventory/{subscriptionId}/backfill",
    summary: "Make up for everything that was missed, from where it stood or from a cursor",
    body: subscriptions.BackfillSubscription,
    response: subscriptions.Subscription,
  },
  listDeliveries: {
    ...read,
    path: "/v1/subscriptions/inventory/{subscriptionId}/deliveries",
    summary: "The log of tries of 30 days, newest first",
    query: Type.Object(
      {
        ...paging,
        eventId: Type.Optional(NonEmptyText(128, "Only tries of this event")),
        outcome: Type.Optional(Type.String({ enum: [...subscriptions.webhookOutcomes] })),
      },
      closed,
    ),
    response: resources.Page(subscriptions.DeliveryAttempt),
  },
  listDeadLetters: {
    ...read,
    path: "/v1/subscriptions/inventory/{subscriptionId}/dead-letters",
    summary: "Deliveries that were given up",
    query: Type.Object(paging, closed),
    response: resources.Page(subscriptions.DeadLetter),
  },
  replayDeadLetters: {
    ...act,
    path: "/v1/subscriptions/inventory/{subscriptionId}/dead-letters/replay",
    summary: "Put dead letters back into the queue: all, or those that are chosen",
    body: subscriptions.ReplayDeadLetters,
    response: subscriptions.Requeued,
  },
} as const satisfies Record<string, Operation>;
