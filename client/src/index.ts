/** Typed client of Onhand for browsers, Node and Bun. */
export type { Answer, Meta } from "./answer.ts";
export type { CallOptions, ReadOptions, WriteOptions } from "./call.ts";
export { type Client, type ClientOptions, createClient } from "./client.ts";
export type { Clock } from "./clock.ts";
export { type Code, type FieldFault, type OnhandError, OnhandProblem, OnhandUnreachable } from "./errors.ts";
export type * from "./generated/operations.ts";
export { newIdempotencyKey } from "./idempotency-key.ts";
export { Listing, type Page } from "./listing.ts";
export type { FeedFilter } from "./live/filter.ts";
export type { Change } from "./live/holdings.ts";
export type { LiveOptions, LiveStatus, LiveView, TransportName } from "./live/live-view.ts";
export type { LiveMode } from "./live/machine.ts";
export type { QueueEntry } from "./offline/contents.ts";
export type { LineRange, LineVerdict, LogStatus } from "./offline/device-log.ts";
export type { NewAdjustment, NewCount, NewFact } from "./offline/fact.ts";
export { indexedDbStore } from "./offline/indexed-db-store.ts";
export type { OfflineLevel, OfflineLevels } from "./offline/levels.ts";
export { offlineLimits, QueueClosed, QueueFull } from "./offline/limits.ts";
export type { OfflineQueue } from "./offline/queue.ts";
export type { DeviceOptions, NotedFact, OfflineQueueOptions, QueuedCommand } from "./offline/queue-options.ts";
export {
  type CommandState,
  type Fact,
  type LineState,
  QueueDamaged,
  QueueLocked,
  type QueueStore,
  type StoredCommand,
  type StoredLine,
  type StoredRecord,
} from "./offline/store.ts";
export type { BulkUpdate, FeedEvent, FeedEventData } from "./refined-types.ts";
export type { Fetch, OnRetry } from "./request.ts";
export type { RetryOptions } from "./retry.ts";
export {
  type CommandAnswer,
  type CommandRequest,
  type Session,
  SessionClosed,
  SessionFull,
  type SessionOptions,
  type SessionStatus,
  type SubscribeOptions,
  type Subscription,
} from "./session/session.ts";
export { type WebSocketConstructor, type WebSocketLike, WebSocketMissing } from "./session/socket.ts";
export type { UpdatesOptions } from "./updates.ts";
export { type SequenceState, type SequenceVerdict, WebhookSequence } from "./webhook/sequence.ts";
export { type VerifiedWebhook, verifyWebhook, type WebhookHeaders, WebhookRefused } from "./webhook/verify.ts";
