/**
 * The calls of the API as methods.
 * Made by `npm run generate` from protocol/src/operations.ts; change that, not this.
 */

import type { AdjustedItem, ConsolidatedSku, InventoryItem, Location, LocationTotals, Movement, Product, ProductTotals, StreamTicket, Totals } from "@onhand/protocol/resources";
import type { Adjustment, CreateLocation, CreateProduct, PatchItem, PatchLocation, PatchProduct, ReplaceLocation, ReplaceProduct, StateMove } from "@onhand/protocol/requests";
import type { BackfillSubscription, CreateSubscription, DeadLetter, DeliveryAttempt, PatchSubscription, PingResult, ReplayDeadLetters, ReplayDeliveries, Requeued, RotateSecret, Subscription, SubscriptionWithSecret } from "@onhand/protocol/subscriptions";
import type { CancelOrder, CommitReservation, CreateReservation, CreateSupply, CreateTransfer, ExtendReservation, PayReservation, ReceiveUnits, ReleaseReservation, RescheduleOrder, ShipTransfer } from "@onhand/protocol/order-requests";
import type { ChangedReservation, ChangedSupply, ChangedTransfer, IncomingLine, Reservation, Supply, Transfer } from "@onhand/protocol/orders";
import type { Channel, ChannelInventory, ChannelItem, CreateChannel, PatchChannel, ReplaceChannel } from "@onhand/protocol/channels";
import type { Answer } from "../answer.ts";
import { type CallOptions, pathPart, type ReadOptions, type Send, type WriteOptions } from "../call.ts";
import { Listing, type Page } from "../listing.ts";
import type { BulkUpdate, FeedEvent } from "../refined-types.ts";

export type { AdjustedItem, Adjustment, BackfillSubscription, BulkUpdate, CancelOrder, ChangedReservation, ChangedSupply, ChangedTransfer, Channel, ChannelInventory, ChannelItem, CommitReservation, ConsolidatedSku, CreateChannel, CreateLocation, CreateProduct, CreateReservation, CreateSubscription, CreateSupply, CreateTransfer, DeadLetter, DeliveryAttempt, ExtendReservation, FeedEvent, IncomingLine, InventoryItem, Location, LocationTotals, Movement, PatchChannel, PatchItem, PatchLocation, PatchProduct, PatchSubscription, PayReservation, PingResult, Product, ProductTotals, ReceiveUnits, ReleaseReservation, ReplaceChannel, ReplaceLocation, ReplaceProduct, ReplayDeadLetters, ReplayDeliveries, Requeued, RescheduleOrder, Reservation, RotateSecret, ShipTransfer, StateMove, StreamTicket, Subscription, SubscriptionWithSecret, Supply, Totals, Transfer };

export interface AsOf {
  moment: string;
  basis: "recorded" | "occurred";
}

export interface BulkResult {
  results: ({ index: number; status: number; replayed?: boolean; item?: InventoryItem; movementId?: string; contained?: { stockLevel: number; countedAt: string }; review?: string; error?: { code: string; title: string; detail: string } })[];
  applied: number;
  rejected: number;
  cursor: string | null;
}

export interface ItemAsOf {
  inventoryId: string;
  productId: string;
  sku: string;
  locationId: string;
  stockLevel: number;
  reservedStock: number;
  unavailableStock: number;
  incomingStock: number;
  availableStock: number;
  safetyStock: number;
  reorderPoint: number | null;
  status: "active" | "archived";
  lastUpdated: string;
  version: number;
  states?: { damaged: number; qualityControl: number; quarantine: number; expired: number };
  maximum?: number;
  hysteresis?: number;
  alert?: "low" | "out";
  lastCountedAt?: string;
  asOf: AsOf;
}

export interface SkuAsOf {
  productId: string;
  sku: string;
  totals: Totals;
  locations: InventoryItem[];
  asOf: AsOf;
}

export interface ItemHistory {
  inventoryId: string;
  productId: string;
  locationId: string;
  period: "hour" | "day";
  timezone: string;
  upToDate: boolean;
  data: HistoryPeriod[];
}

export interface HistoryPeriod {
  start: string;
  end: string;
  openingLevel: number;
  sold: number;
  returned: number;
  received: number;
  lost: number;
  transferredIn: number;
  transferredOut: number;
  corrected: number;
  closingLevel: number;
  outOfStockSeconds: number;
  refusedUnits: number;
  refusedRequests: number;
}

export interface CountInventory {
  locationId: string;
  lines: CountedLine[];
  countedAt?: string;
  device?: CountDevice;
  reference?: string;
  reason?: string;
  operationId?: string;
}

export interface CountedLine {
  productId?: string;
  sku?: string;
  stockLevel: number;
  countedAt?: string;
}

export interface CountDevice {
  deviceId: string;
  clockErrorMs?: number | null;
}

export interface CountResults {
  results: ({ index: number; verdict: "applied" | "contained" | "review" | "rejected"; replayed?: boolean; item?: InventoryItem; movementId?: string; contained?: { stockLevel: number; countedAt: string }; review?: string; error?: { code: string; title: string; detail: string } })[];
  applied: number;
  contained: number;
  review: number;
  rejected: number;
  cursor: string | null;
}

export interface CountSession {
  sessionId: string;
  locationId: string;
  status: "open" | "posting" | "posted" | "cancelled";
  blind: boolean;
  reference: string | null;
  lines: number;
  pending: number;
  applied: number;
  contained: number;
  review: number;
  rejected: number;
  createdBy: string;
  postedBy: string | null;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
  version: number;
}

export interface OpenCountSession {
  locationId: string;
  reference?: string;
  blind?: boolean;
  operationId?: string;
}

export interface CountLine {
  line: number;
  productId: string;
  sku: string | null;
  counted: number;
  countedAt: string;
  verdict: "applied" | "contained" | "review" | "rejected" | null;
  countedBy: string;
  deviceId: string | null;
  movementId: string | null;
  error: { code: string; detail: string } | null;
  expected?: number | null;
  variance?: number | null;
}

export interface PutCountLines {
  lines: CountSessionLine[];
  countedAt?: string;
  device?: CountDevice;
  operationId?: string;
}

export interface CountSessionLine {
  productId?: string;
  sku?: string;
  stockLevel: number | null;
  countedAt?: string;
}

export interface PutCountLinesResult {
  added: number;
  replaced: number;
  removed: number;
  session: CountSession;
}

export interface CountVariance {
  sessionId: string;
  locationId: string;
  status: "open" | "posting" | "posted" | "cancelled";
  totals: { lines: number; counted: number; expected: number; variance: number; surplus: number; shortage: number; differing: number; unknown: number; notCounted: number };
  lines: ({ line: number; productId: string; sku: string | null; counted: number; countedAt: string; verdict: "applied" | "contained" | "review" | "rejected" | null; stockLevel: number; movedSince: number | null; expected: number | null; variance: number | null })[];
}

export interface Review {
  movementId: string;
  kind: "doubtful" | "oversold" | "unusual";
  state: "open" | "resolved";
  aboutMovementId: string | null;
  productId: string;
  sku: string | null;
  locationId: string;
  reason: string;
  figures: Record<string, number | string | null> | null;
  occurredAt: string;
  recordedAt: string;
  resolvedAt: string | null;
  resolvedBy: string | null;
  note: string | null;
}

export interface ResolveReview {
  note: string;
}

export interface Source {
  sourceId: string;
  name: string;
  kind: string;
  mode: "changes" | "levels" | "both";
  role: "stock" | "statements";
  trust: number;
  freshForSeconds: number;
  locationIds: string[];
  channelId: string | null;
  echoWindowSeconds: number;
  timezone: string | null;
  signature: "none" | "shopify" | "square" | "woocommerce" | "standard";
  payloadUrl: string | null;
  status: "active" | "archived";
  mappingVersion: number | null;
  contacts: ({ locationId: string | null; lastHeardAt: string; lastEventAt: string | null; stale: boolean })[];
  secrets: ({ secretId: string; createdAt: string })[];
  openParkedLines: number;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface CreateSource {
  sourceId?: string;
  name: string;
  kind?: string;
  mode?: "changes" | "levels" | "both";
  role?: "stock" | "statements";
  trust?: number;
  freshForSeconds?: number;
  locationIds?: string[];
  channelId?: string | null;
  echoWindowSeconds?: number;
  timezone?: string | null;
  signature?: "none" | "shopify" | "square" | "woocommerce" | "standard";
  payloadUrl?: string | null;
}

export interface PatchSource {
  name?: string;
  kind?: string;
  mode?: "changes" | "levels" | "both";
  role?: "stock" | "statements";
  trust?: number;
  freshForSeconds?: number;
  locationIds?: string[];
  channelId?: string | null;
  echoWindowSeconds?: number;
  timezone?: string | null;
  signature?: "none" | "shopify" | "square" | "woocommerce" | "standard";
  payloadUrl?: string | null;
  status?: "active" | "archived";
}

export interface SourceCode {
  kind: "product" | "location";
  code: string;
  targetId: string;
}

export interface PutSourceCodes {
  codes: SourceCodeChange[];
}

export interface SourceCodeChange {
  kind: "product" | "location";
  code: string;
  targetId: string | null;
}

export interface PutSourceCodesResult {
  put: number;
  removed: number;
  retried: number;
}

export interface PublishToSource {
  publications: Publication[];
}

export interface Publication {
  productId?: string;
  sku?: string;
  locationId?: string;
  stockLevel: number;
  reference?: string;
  publishedAt?: string;
}

export interface PublishToSourceResult {
  published: number;
}

export interface SourceStatement {
  productId: string;
  locationId: string;
  stockLevel: number;
  asOf: string;
  version: number | null;
  receivedAt: string;
  rule: string;
}

export interface AddSourceSecret {
  secret: string;
}

export interface ParkedLine {
  parkedId: string;
  originKind: "source" | "device";
  originId: string;
  operationId: string;
  reason: "rejected" | "unmapped_product" | "unmapped_location" | "unknown_product" | "unknown_location" | "too_old" | "clock_unknown";
  code: string | null;
  line: Record<string, unknown>;
  state: "open" | "applied" | "discarded";
  owner: string | null;
  tries: number;
  problem: { code: string; detail: string };
  result: Record<string, unknown> | null;
  history: (Record<string, unknown>)[];
  createdAt: string;
  updatedAt: string;
}

export interface RetryParkedLines {
  originKind?: "source" | "device";
  originId?: string;
  reason?: "rejected" | "unmapped_product" | "unmapped_location" | "unknown_product" | "unknown_location" | "too_old" | "clock_unknown";
  code?: string;
  owner?: string;
  after?: string;
}

export interface RetriedParkedLines {
  results: ({ parkedId: string; operationId: string; verdict: "applied" | "ignored" | "duplicate" | "rejected" | "review"; rule?: string; movementId?: string; error?: { code: string; detail: string } })[];
  next: string | null;
}

export interface AssignParkedLine {
  owner: string | null;
  note?: string;
}

export interface DiscardParkedLine {
  note?: string;
}

export interface SourceLines {
  lines: (Record<string, unknown>)[];
}

export interface SourceAnswer {
  results: ({ operationId: string; verdict: "applied" | "ignored" | "duplicate" | "rejected" | "review"; rule?: string; movementId?: string; item?: InventoryItem; review?: string; parkedId?: string; error?: { code: string; detail: string } })[];
  mappingVersion: number | null;
  kept: { payloadId: string; problem: { code: "unreadable" | "expression" | "output" | "time"; detail: string; position?: number } } | null;
  cursor: string;
}

export interface ReadyMappings {
  data: ({ name: string; about: string; signature: "none" | "shopify" | "square" | "woocommerce" | "standard"; settings: Record<string, unknown>; expression: string })[];
}

export interface SourceMapping {
  sourceId: string;
  version: number;
  expression: string;
  about: string | null;
  createdAt: string;
  createdBy: string;
}

export interface CreateSourceMapping {
  expression?: string;
  ready?: "shopify" | "square" | "woocommerce" | "amazon" | "survey-response";
  settings?: Record<string, unknown>;
  about?: string;
  use?: boolean;
}

export interface DryRunSourceMapping {
  expression?: string;
  ready?: "shopify" | "square" | "woocommerce" | "amazon" | "survey-response";
  settings?: Record<string, unknown>;
  version?: number;
  payload?: unknown;
  payloadText?: string;
  payloadId?: string;
  mediaType?: string;
  headers?: Record<string, string>;
}

export interface MappingDryRun {
  lines: ({ line: Record<string, unknown>; productId: string | null; locationId: string | null; problem: { code: string; detail: string } | null })[];
  problem: { code: "unreadable" | "expression" | "output" | "time"; detail: string; position?: number } | null;
}

export interface UseSourceMapping {
  version: number | null;
}

export interface KeptPayload {
  payloadId: string;
  sourceId: string;
  body: string;
  bytes: number;
  headers: Record<string, string>;
  problem: { code: "unreadable" | "expression" | "output" | "time"; detail: string; position?: number };
  mappingVersion: number | null;
  tries: number;
  receivedAt: string;
  triedAt: string;
}

export interface RetryKeptPayloads {
  after?: string;
}

export interface RetriedKeptPayloads {
  read: number;
  kept: number;
  verdicts: Record<string, number>;
  next: string | null;
}

export interface ConsolidatedTotals {
  key: { productId?: string; sku?: string; locationId?: string; locationGroup?: string; region?: string | null; channelId?: string; attribute?: string; value?: string; sourceId?: string | null };
  totals: { stockLevel: number; reservedStock: number; unavailableStock: number; incomingStock: number; availableStock: number };
  fresh: { stockLevel: number; reservedStock: number; unavailableStock: number; incomingStock: number; availableStock: number };
  stale: { stockLevel: number; reservedStock: number; unavailableStock: number; incomingStock: number; availableStock: number } | null;
  provenance: ({ sourceId: string | null; isStale: boolean; lastHeardAt: string | null; totals: { stockLevel: number; reservedStock: number; unavailableStock: number; incomingStock: number; availableStock: number } })[];
}

export interface ValuateStock {
  currency: string;
  rates?: Record<string, string>;
  basis?: "stockLevel" | "availableStock";
  locationGroup?: string;
}

export interface StockValue {
  currency: string;
  basis: string;
  value: string;
  units: number;
  products: number;
  unvalued: { units: number; products: number; currencies: string[]; withoutPrice: number };
  byCurrency: ({ currency: string; rate: string; units: number; amount: string; value: string })[];
}

export interface RequestReconciliation {
  checks?: ("level" | "movements" | "counter" | "total" | "channel" | "overdue_hold" | "negative_stock" | "statement" | "stale_source" | "parked_lines")[];
  productId?: string;
  locationId?: string;
  sourceId?: string;
  statement?: UploadedStatement;
}

export interface UploadedStatement {
  sourceId?: string;
  locationId?: string;
  asOf?: string;
  lines?: StatementLine[];
  csv?: string;
}

export interface StatementLine {
  productId?: string;
  sku?: string;
  code?: string;
  locationId?: string;
  locationCode?: string;
  stockLevel: number;
  asOf?: string;
}

export interface Reconciliation {
  reconciliationId: string;
  status: "running" | "done" | "failed";
  checks: CheckProgress[];
  scope: { checks: ("level" | "movements" | "counter" | "total" | "channel" | "overdue_hold" | "negative_stock" | "statement" | "stale_source" | "parked_lines")[]; productId: string | null; locationId: string | null; sourceId: string | null };
  unclosed: number;
  requestedBy: string;
  startedAt: string;
  updatedAt: string;
  endedAt: string | null;
  problem: string | null;
  statement?: StatementReport;
}

export interface CheckProgress {
  check: "level" | "movements" | "counter" | "total" | "channel" | "overdue_hold" | "negative_stock" | "statement" | "stale_source" | "parked_lines";
  checked: number;
  differences: number;
}

export interface StatementReport {
  lines: number;
  agreeing: number;
  differing: number;
  refused: ({ line: number; reason: string })[];
  differences: StatementDifference[];
}

export interface StatementDifference {
  line: number;
  productId: string | null;
  sku: string | null;
  locationId: string | null;
  asOf: string;
  stated: number;
  ours: number | null;
  difference: number | null;
  explanation: string;
  differenceId: string | null;
}

export interface Difference {
  differenceId: string;
  check: "level" | "movements" | "counter" | "total" | "channel" | "overdue_hold" | "negative_stock" | "statement" | "stale_source" | "parked_lines";
  state: "open" | "accepted" | "closed";
  owner: string | null;
  productId: string | null;
  sku: string | null;
  locationId: string | null;
  sourceId: string | null;
  channelId: string | null;
  orderId: string | null;
  expected: Record<string, number | string | null>;
  found: Record<string, number | string | null>;
  units: number | null;
  firstMovementId: string | null;
  explanation: string;
  driftKind: "not_yet_there" | "already_there" | "surplus" | "shortage" | null;
  movements: ({ movementId: string; onHand: number; occurredAt: string; recordedAt: string; actor: string; source: string | null })[];
  foundAt: string;
  seenAt: string;
  closedAt: string | null;
  closedBy: { kind: string; detail: string; movementId: string | null } | null;
  version: number;
  history: ({ at: string; by: string; did: string; note: string | null })[];
}

export interface UpdateDifference {
  owner?: string | null;
  state?: "open" | "accepted";
  note?: string;
}

export interface CorrectDifference {
  reason: string;
}

export interface ReconciliationRule {
  ruleId: string;
  name: string;
  sourceId: string | null;
  locationId: string | null;
  productId: string | null;
  tolerance: { units: number; percent: number };
  correct: { kinds: ("not_yet_there" | "already_there" | "surplus" | "shortage")[]; unitsMax: number; afterSeconds: number } | null;
  version: number;
  updatedAt: string;
  updatedBy: string;
}

export interface PutReconciliationRule {
  name: string;
  sourceId?: string | null;
  locationId?: string | null;
  productId?: string | null;
  tolerance?: { units?: number; percent?: number };
  correct?: { kinds: ("not_yet_there" | "already_there" | "surplus" | "shortage")[]; unitsMax: number; afterSeconds?: number } | null;
}

export interface SyncBatch {
  deviceId: string;
  operations: (Record<string, unknown>)[];
  deviceTime?: string;
  roundTripMs?: number;
  lastSequence?: number;
  locationId?: string;
  sourceId?: string;
}

export interface SyncAnswer {
  results: ({ sequence: number | null; operationId: string | null; verdict: "applied" | "duplicate" | "rejected" | "review"; rule?: string; movementId?: string; item?: InventoryItem; review?: string; parkedId?: string; error?: { code: string; detail: string } })[];
  acknowledgedThrough: number;
  missing: ({ first: number; last: number })[];
  lastSequence: number;
  clock: { offsetMs: number; errorMs: number | null };
  serverTime: string;
  cursor: string;
}

export interface Device {
  deviceId: string;
  sourceId: string | null;
  acknowledgedThrough: number;
  lastSequence: number;
  missing: ({ first: number; last: number })[];
  clock: { offsetMs: number; errorMs: number | null } | null;
  lines: number;
  firstHeardAt: string;
  lastHeardAt: string;
}

export interface Job {
  jobId: string;
  kind: "import";
  list: "products" | "locations" | "inventory";
  status: "receiving" | "running" | "cancelling" | "done" | "cancelled" | "failed";
  input: { rows: number; complete: boolean };
  rows: { done: number; applied: number; duplicate: number; rejected: number; valid: number };
  problem: { code: string; title: string; detail: string } | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
}

export interface RowResult {
  row: number;
  line: number;
  verdict: "applied" | "duplicate" | "rejected" | "valid";
  productId?: string;
  locationId?: string;
  inventoryId?: string;
  movementId?: string;
  version?: number;
  stockLevel?: number;
  contained?: unknown;
  review?: string;
  error?: { code: string; title: string; detail: string };
}

/** Query of `listProducts`. */
export interface ListProductsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "active" | "archived" | "all" | undefined;
  /** Text in name or SKU */
  q?: string | undefined;
}

/** Query of `deleteProduct`. */
export interface DeleteProductQuery {
  /** Keep it, hidden and closed to changes, instead of removing it */
  archive?: boolean | undefined;
}

/** Query of `listLocations`. */
export interface ListLocationsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "active" | "archived" | "all" | undefined;
  /** Text in name or SKU */
  q?: string | undefined;
}

/** Query of `deleteLocation`. */
export interface DeleteLocationQuery {
  /** Keep it, hidden and closed to changes, instead of removing it */
  archive?: boolean | undefined;
}

/** Query of `listLocationInventory`. */
export interface ListLocationInventoryQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "active" | "archived" | "all" | undefined;
  /** Levels as of this past moment; today's without it (RFC 3339, any offset; written in UTC with milliseconds) */
  asOf?: string | undefined;
  /** What had been `recorded` by the moment (default), or what is known today to have `occurred` by then */
  asOfBasis?: "recorded" | "occurred" | undefined;
}

/** Query of `listInventory`. */
export interface ListInventoryQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Product */
  productId?: string | undefined;
  sku?: string | undefined;
  /** Location */
  locationId?: string | undefined;
  /** Group of locations */
  locationGroup?: string | undefined;
  /** Items changed after it; may repeat some, never misses one (RFC 3339, any offset; written in UTC with milliseconds) */
  updatedAfter?: string | undefined;
  /** Items with less available than this */
  availableBelow?: number | undefined;
  /** Text in name or SKU */
  q?: string | undefined;
  status?: "active" | "archived" | "all" | undefined;
  include?: "totals" | undefined;
  /** Levels as of this past moment; today's without it (RFC 3339, any offset; written in UTC with milliseconds) */
  asOf?: string | undefined;
  /** What had been `recorded` by the moment (default), or what is known today to have `occurred` by then */
  asOfBasis?: "recorded" | "occurred" | undefined;
}

/** Query of `pollUpdates`. */
export interface PollUpdatesQuery {
  /** Cursor, or RFC 3339 time; from the beginning when absent */
  since?: string | undefined;
  limit?: number | undefined;
  /** Seconds to wait for a change when there is none */
  wait?: number | undefined;
  /** Only events of these products; up to 100, with commas */
  productId?: string | undefined;
  /** Only events of these SKUs; up to 100, with commas */
  sku?: string | undefined;
  /** Only events of these locations; up to 100, with commas */
  locationId?: string | undefined;
  /** Only events of these groups of locations; up to 100, with commas */
  locationGroup?: string | undefined;
  /** Only events of these channels: what they may sell; up to 100, with commas */
  channelId?: string | undefined;
  /** Only events of these types, e.g. inventory.adjusted.v1 or inventory.*; up to 100, with commas */
  types?: string | undefined;
}

/** Query of `getInventory`. */
export interface GetInventoryQuery {
  /** Levels as of this past moment; today's without it (RFC 3339, any offset; written in UTC with milliseconds) */
  asOf?: string | undefined;
  /** What had been `recorded` by the moment (default), or what is known today to have `occurred` by then */
  asOfBasis?: "recorded" | "occurred" | undefined;
}

/** Query of `deleteInventory`. */
export interface DeleteInventoryQuery {
  /** Keep it, hidden and closed to changes, instead of removing it */
  archive?: boolean | undefined;
}

/** Query of `listMovements`. */
export interface ListMovementsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Query of `getHistory`. */
export interface GetHistoryQuery {
  period?: "hour" | "day" | undefined;
  /** A moment in the first period; 30 days or 48 hours ago when absent (RFC 3339, any offset; written in UTC with milliseconds) */
  from?: string | undefined;
  /** The first moment that is not asked for; now when absent (RFC 3339, any offset; written in UTC with milliseconds) */
  to?: string | undefined;
}

/** Query of `listReservations`. */
export interface ListReservationsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  phase?: "held" | "paying" | "committed" | "released" | "expired" | undefined;
  /** Only those with this product */
  productId?: string | undefined;
  /** Only those that take from this location */
  locationId?: string | undefined;
  /** Only those with this reference */
  reference?: string | undefined;
  /** Only those of this buyer */
  buyer?: string | undefined;
}

/** Query of `listTransfers`. */
export interface ListTransfersQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "requested" | "in_transit" | "received" | "cancelled" | undefined;
  /** Only those with this product */
  productId?: string | undefined;
  /** Only those from this location */
  fromLocationId?: string | undefined;
  /** Only those to this location */
  toLocationId?: string | undefined;
  /** Only those with this reference */
  reference?: string | undefined;
}

/** Query of `listSupplies`. */
export interface ListSuppliesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "expected" | "received" | "cancelled" | undefined;
  /** Only those with this product */
  productId?: string | undefined;
  /** Only those to this location */
  locationId?: string | undefined;
  /** Only those with this reference */
  reference?: string | undefined;
}

/** Query of `listIncoming`. */
export interface ListIncomingQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Only units of this product */
  productId?: string | undefined;
  /** Only units to this location */
  locationId?: string | undefined;
}

/** Query of `listChannels`. */
export interface ListChannelsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "active" | "archived" | "all" | undefined;
  /** Text in name or id */
  q?: string | undefined;
}

/** Query of `deleteChannel`. */
export interface DeleteChannelQuery {
  /** Keep it, hidden and closed to changes, instead of removing it */
  archive?: boolean | undefined;
}

/** Query of `listChannelInventory`. */
export interface ListChannelInventoryQuery {
  /** Products in a page */
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Product */
  productId?: string | undefined;
  /** Products of which less may be sold than this */
  availableBelow?: number | undefined;
}

/** Query of `listCountSessions`. */
export interface ListCountSessionsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Only at this location */
  locationId?: string | undefined;
  status?: "open" | "posting" | "posted" | "cancelled" | undefined;
}

/** Query of `listCountLines`. */
export interface ListCountLinesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  verdict?: "pending" | "applied" | "contained" | "review" | "rejected" | undefined;
}

/** Query of `getCountVariance`. */
export interface GetCountVarianceQuery {
  /** Lines; totals are of all */
  limit?: number | undefined;
}

/** Query of `listReviews`. */
export interface ListReviewsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  state?: "open" | "resolved" | undefined;
  kind?: "doubtful" | "oversold" | "unusual" | undefined;
  /** Only of this product */
  productId?: string | undefined;
  /** Only at this location */
  locationId?: string | undefined;
}

/** Query of `listSources`. */
export interface ListSourcesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "active" | "archived" | "all" | undefined;
}

/** Query of `deleteSource`. */
export interface DeleteSourceQuery {
  /** Keep it, hidden and closed to changes, instead of removing it */
  archive?: boolean | undefined;
}

/** Query of `listSourceCodes`. */
export interface ListSourceCodesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  kind?: "product" | "location" | undefined;
  /** Only codes of this product or location */
  targetId?: string | undefined;
}

/** Query of `listSourceStatements`. */
export interface ListSourceStatementsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Only of this product */
  productId?: string | undefined;
  /** Only at this location */
  locationId?: string | undefined;
}

/** Query of `listParkedLines`. */
export interface ListParkedLinesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  state?: "open" | "applied" | "discarded" | "all" | undefined;
  originKind?: "source" | "device" | undefined;
  originId?: string | undefined;
  reason?: "rejected" | "unmapped_product" | "unmapped_location" | "unknown_product" | "unknown_location" | "too_old" | "clock_unknown" | undefined;
  code?: string | undefined;
  owner?: string | undefined;
}

/** Query of `listSourceMappings`. */
export interface ListSourceMappingsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Query of `listKeptPayloads`. */
export interface ListKeptPayloadsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Query of `listTotals`. */
export interface ListTotalsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  groupBy?: "product" | "location" | "locationGroup" | "region" | "channel" | "attribute" | "source" | undefined;
  /** With `groupBy=attribute`: its name */
  attribute?: string | undefined;
  /** Product */
  productId?: string | undefined;
  sku?: string | undefined;
  /** Products with these attributes, `name:value` with commas between, e.g. `line:Velvet` */
  attributes?: string | undefined;
  /** Location */
  locationId?: string | undefined;
  /** Group of locations */
  locationGroup?: string | undefined;
  region?: string | undefined;
  /** Source that speaks for the location */
  sourceId?: string | undefined;
}

/** Query of `listReconciliations`. */
export interface ListReconciliationsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Query of `listDifferences`. */
export interface ListDifferencesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  state?: "open" | "accepted" | "closed" | "unclosed" | undefined;
  check?: "level" | "movements" | "counter" | "total" | "channel" | "overdue_hold" | "negative_stock" | "statement" | "stale_source" | "parked_lines" | undefined;
  /** Only of this product */
  productId?: string | undefined;
  /** Only at this location */
  locationId?: string | undefined;
  /** Only of this source */
  sourceId?: string | undefined;
  /** Only those that somebody looks after */
  owner?: string | undefined;
}

/** Query of `listSubscriptions`. */
export interface ListSubscriptionsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Query of `listDeliveries`. */
export interface ListDeliveriesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Only tries of this event */
  eventId?: string | undefined;
  outcome?: "delivered" | "refused" | "redirected" | "gone" | "timed_out" | "unreachable" | "blocked" | "bad_answer" | "unavailable" | "disabled" | undefined;
}

/** Query of `listDeadLetters`. */
export interface ListDeadLettersQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Query of `listDevices`. */
export interface ListDevicesQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Query of `listJobs`. */
export interface ListJobsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  status?: "receiving" | "running" | "cancelling" | "done" | "cancelled" | "failed" | undefined;
}

/** Query of `listJobResults`. */
export interface ListJobResultsQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Only these */
  verdict?: "applied" | "duplicate" | "rejected" | "valid" | undefined;
  /** NDJSON: stay until the job ends */
  follow?: boolean | undefined;
}

export interface Operations {
  /** List products. `GET /v1/products` (role reader) */
  listProducts(query?: ListProductsQuery, options?: ReadOptions): Promise<Page<Product>>;
  /** Create a product. `POST /v1/products` (role writer) */
  createProduct(body: CreateProduct, options?: WriteOptions): Promise<Product>;
  /** Read a product. `GET /v1/products/{productId}` (role reader) */
  getProduct(productId: string, options?: ReadOptions): Promise<Product>;
  /** Replace a product. `PUT /v1/products/{productId}` (role writer) */
  replaceProduct(productId: string, body: ReplaceProduct, options?: WriteOptions): Promise<Product>;
  /** Change fields of a product. `PATCH /v1/products/{productId}` (role writer) */
  patchProduct(productId: string, body: PatchProduct, options?: WriteOptions): Promise<Product>;
  /** Delete or archive a product. `DELETE /v1/products/{productId}` (role writer) */
  deleteProduct(productId: string, query?: DeleteProductQuery, options?: WriteOptions): Promise<void>;
  /** List locations. `GET /v1/locations` (role reader) */
  listLocations(query?: ListLocationsQuery, options?: ReadOptions): Promise<Page<Location>>;
  /** Create a location. `POST /v1/locations` (role writer) */
  createLocation(body: CreateLocation, options?: WriteOptions): Promise<Location>;
  /** Read a location. `GET /v1/locations/{locationId}` (role reader) */
  getLocation(locationId: string, options?: ReadOptions): Promise<Location>;
  /** Replace a location. `PUT /v1/locations/{locationId}` (role writer) */
  replaceLocation(locationId: string, body: ReplaceLocation, options?: WriteOptions): Promise<Location>;
  /** Change fields of a location. `PATCH /v1/locations/{locationId}` (role writer) */
  patchLocation(locationId: string, body: PatchLocation, options?: WriteOptions): Promise<Location>;
  /** Delete or archive a location. `DELETE /v1/locations/{locationId}` (role writer) */
  deleteLocation(locationId: string, query?: DeleteLocationQuery, options?: WriteOptions): Promise<void>;
  /** List the items of one location. `GET /v1/locations/{locationId}/inventory` (role reader) */
  listLocationInventory(locationId: string, query?: ListLocationInventoryQuery, options?: ReadOptions): Promise<Page<InventoryItem> & { asOf?: AsOf }>;
  /** List items. `GET /v1/inventory` (role reader) */
  listInventory(query?: ListInventoryQuery, options?: ReadOptions): Promise<Page<InventoryItem> & { totals?: Totals; asOf?: AsOf }>;
  /** List totals per product. `GET /v1/inventory` (role reader) */
  listInventoryByProduct(query?: ListInventoryQuery, options?: ReadOptions): Promise<Page<ProductTotals> & { totals?: Totals; asOf?: AsOf }>;
  /** List totals per location. `GET /v1/inventory` (role reader) */
  listInventoryByLocation(query?: ListInventoryQuery, options?: ReadOptions): Promise<Page<LocationTotals> & { totals?: Totals; asOf?: AsOf }>;
  /** Adjust the level of an item, or move units of it between states. `POST /v1/inventory` (role writer) */
  adjustInventory(body: Adjustment | StateMove, options?: WriteOptions): Promise<AdjustedItem>;
  /** Change many items, each by itself or all together. `POST /v1/inventory/bulk-update` (role writer) */
  bulkUpdateInventory(body: BulkUpdate, options?: WriteOptions): Promise<BulkResult>;
  /** Read the changes since a time or a cursor. `GET /v1/inventory/updates` (role reader) */
  pollUpdates(query?: PollUpdatesQuery, options?: CallOptions): Promise<Page<FeedEvent>>;
  /** Get a ticket for one stream of a browser. `POST /v1/stream-tickets` (role reader) */
  createStreamTicket(options?: CallOptions): Promise<StreamTicket>;
  /** Read one item by inventory id, or one SKU over all locations. `GET /v1/inventory/{inventoryIdOrSku}` (role reader) */
  getInventory(inventoryIdOrSku: string, query?: GetInventoryQuery, options?: ReadOptions): Promise<InventoryItem | ConsolidatedSku | ItemAsOf | SkuAsOf>;
  /** Change an item; absolute levels need a guard. `PATCH /v1/inventory/{inventoryId}` (role writer) */
  patchInventory(inventoryId: string, body: PatchItem, options?: WriteOptions): Promise<AdjustedItem>;
  /** Delete or archive an item. `DELETE /v1/inventory/{inventoryId}` (role writer) */
  deleteInventory(inventoryId: string, query?: DeleteInventoryQuery, options?: WriteOptions): Promise<void>;
  /** The ledger of an item, newest first. `GET /v1/inventory/{inventoryId}/movements` (role reader) */
  listMovements(inventoryId: string, query?: ListMovementsQuery, options?: ReadOptions): Promise<Page<Movement>>;
  /** What happened to an item by hour or day: sold, returned, received, lost, closing level, time without stock, lost demand. `GET /v1/inventory/{inventoryId}/history` (role reader) */
  getHistory(inventoryId: string, query?: GetHistoryQuery, options?: CallOptions): Promise<ItemHistory>;
  /** List reservations, newest first. `GET /v1/reservations` (role reader) */
  listReservations(query?: ListReservationsQuery, options?: ReadOptions): Promise<Page<Reservation>>;
  /** Hold units for a while, or see what it would come to with `dryRun`. `POST /v1/reservations` (role writer) */
  createReservation(body: CreateReservation, options?: WriteOptions): Promise<ChangedReservation>;
  /** Read a reservation. `GET /v1/reservations/{reservationId}` (role reader) */
  getReservation(reservationId: string, options?: ReadOptions): Promise<Reservation>;
  /** Sell what is held, all or in part. `POST /v1/reservations/{reservationId}/commit` (role writer) */
  commitReservation(reservationId: string, body: CommitReservation, options?: WriteOptions): Promise<ChangedReservation>;
  /** Give back what is held, all or in part. `POST /v1/reservations/{reservationId}/release` (role writer) */
  releaseReservation(reservationId: string, body: ReleaseReservation, options?: WriteOptions): Promise<ChangedReservation>;
  /** Hold for longer, from now on. `POST /v1/reservations/{reservationId}/extend` (role writer) */
  extendReservation(reservationId: string, body: ExtendReservation, options?: WriteOptions): Promise<ChangedReservation>;
  /** Say that payment has begun, which gives it time of its own. `POST /v1/reservations/{reservationId}/pay` (role writer) */
  payReservation(reservationId: string, body: PayReservation, options?: WriteOptions): Promise<ChangedReservation>;
  /** List transfers, newest first. `GET /v1/transfers` (role reader) */
  listTransfers(query?: ListTransfersQuery, options?: ReadOptions): Promise<Page<Transfer>>;
  /** Request units from another location; they are held there. `POST /v1/transfers` (role writer) */
  createTransfer(body: CreateTransfer, options?: WriteOptions): Promise<ChangedTransfer>;
  /** Read a transfer. `GET /v1/transfers/{transferId}` (role reader) */
  getTransfer(transferId: string, options?: ReadOptions): Promise<Transfer>;
  /** Change when the units are expected. `PATCH /v1/transfers/{transferId}` (role writer) */
  patchTransfer(transferId: string, body: RescheduleOrder, options?: WriteOptions): Promise<ChangedTransfer>;
  /** Send what is held on its way, all or in part. `POST /v1/transfers/{transferId}/ship` (role writer) */
  shipTransfer(transferId: string, body: ShipTransfer, options?: WriteOptions): Promise<ChangedTransfer>;
  /** Book what arrived, and what did not. `POST /v1/transfers/{transferId}/receive` (role writer) */
  receiveTransfer(transferId: string, body: ReceiveUnits, options?: WriteOptions): Promise<ChangedTransfer>;
  /** Call off what is open; units on their way go back to where they came from. `POST /v1/transfers/{transferId}/cancel` (role writer) */
  cancelTransfer(transferId: string, body: CancelOrder, options?: WriteOptions): Promise<ChangedTransfer>;
  /** List supplies, newest first. `GET /v1/supplies` (role reader) */
  listSupplies(query?: ListSuppliesQuery, options?: ReadOptions): Promise<Page<Supply>>;
  /** Announce units from outside by purchase reference. `POST /v1/supplies` (role writer) */
  createSupply(body: CreateSupply, options?: WriteOptions): Promise<ChangedSupply>;
  /** Read a supply. `GET /v1/supplies/{supplyId}` (role reader) */
  getSupply(supplyId: string, options?: ReadOptions): Promise<Supply>;
  /** Change when the units are expected. `PATCH /v1/supplies/{supplyId}` (role writer) */
  patchSupply(supplyId: string, body: RescheduleOrder, options?: WriteOptions): Promise<ChangedSupply>;
  /** Book what arrived, and what did not. `POST /v1/supplies/{supplyId}/receive` (role writer) */
  receiveSupply(supplyId: string, body: ReceiveUnits, options?: WriteOptions): Promise<ChangedSupply>;
  /** Expect what is open no more. `POST /v1/supplies/{supplyId}/cancel` (role writer) */
  cancelSupply(supplyId: string, body: CancelOrder, options?: WriteOptions): Promise<ChangedSupply>;
  /** List the units on their way, by when they are expected. `GET /v1/incoming` (role reader) */
  listIncoming(query?: ListIncomingQuery, options?: ReadOptions): Promise<Page<IncomingLine>>;
  /** List channels. `GET /v1/channels` (role reader) */
  listChannels(query?: ListChannelsQuery, options?: ReadOptions): Promise<Page<Channel>>;
  /** Create a channel. `POST /v1/channels` (role writer) */
  createChannel(body: CreateChannel, options?: WriteOptions): Promise<Channel>;
  /** Read a channel. `GET /v1/channels/{channelId}` (role reader) */
  getChannel(channelId: string, options?: ReadOptions): Promise<Channel>;
  /** Replace a channel. `PUT /v1/channels/{channelId}` (role writer) */
  replaceChannel(channelId: string, body: ReplaceChannel, options?: WriteOptions): Promise<Channel>;
  /** Change fields of a channel. `PATCH /v1/channels/{channelId}` (role writer) */
  patchChannel(channelId: string, body: PatchChannel, options?: WriteOptions): Promise<Channel>;
  /** Delete or archive a channel. `DELETE /v1/channels/{channelId}` (role writer) */
  deleteChannel(channelId: string, query?: DeleteChannelQuery, options?: WriteOptions): Promise<void>;
  /** List what a channel may sell. `GET /v1/channels/{channelId}/inventory` (role reader) */
  listChannelInventory(channelId: string, query?: ListChannelInventoryQuery, options?: ReadOptions): Promise<ChannelInventory>;
  /** Say what was found on the shelf: each line holds as of the moment it was counted. `POST /v1/counts` (role writer) */
  countInventory(body: CountInventory, options?: WriteOptions): Promise<CountResults>;
  /** List count sessions, newest first. `GET /v1/counts/sessions` (role reader) */
  listCountSessions(query?: ListCountSessionsQuery, options?: CallOptions): Promise<Page<CountSession>>;
  /** Open a count session at a location; sales go on meanwhile. `POST /v1/counts/sessions` (role writer) */
  openCountSession(body: OpenCountSession, options?: WriteOptions): Promise<CountSession>;
  /** Read a count session and how far it is. `GET /v1/counts/sessions/{sessionId}` (role reader) */
  getCountSession(sessionId: string, options?: CallOptions): Promise<CountSession>;
  /** List what was counted in a session. `GET /v1/counts/sessions/{sessionId}/lines` (role reader) */
  listCountLines(sessionId: string, query?: ListCountLinesQuery, options?: CallOptions): Promise<Page<CountLine>>;
  /** Add counted lines to a session, replace them, or take them out. `POST /v1/counts/sessions/{sessionId}/lines` (role writer) */
  putCountLines(sessionId: string, body: PutCountLines, options?: WriteOptions): Promise<PutCountLinesResult>;
  /** How a session differs from what was expected, with what moved since netted out. `GET /v1/counts/sessions/{sessionId}/variance` (role reader) */
  getCountVariance(sessionId: string, query?: GetCountVarianceQuery, options?: CallOptions): Promise<CountVariance>;
  /** Apply a session to the journal, line by line; repeat it until it is posted. `POST /v1/counts/sessions/{sessionId}/post` (role writer) */
  postCountSession(sessionId: string, options?: WriteOptions): Promise<CountSession>;
  /** Give a session up; nothing of it is applied. `POST /v1/counts/sessions/{sessionId}/cancel` (role writer) */
  cancelCountSession(sessionId: string, options?: WriteOptions): Promise<CountSession>;
  /** List what somebody should look at: open ones, the longest waiting first. `GET /v1/reviews` (role reader) */
  listReviews(query?: ListReviewsQuery, options?: CallOptions): Promise<Page<Review>>;
  /** Say what came of looking at it. `POST /v1/reviews/{movementId}/resolve` (role writer) */
  resolveReview(movementId: string, body: ResolveReview, options?: WriteOptions): Promise<Review>;
  /** List sources. `GET /v1/sources` (role reader) */
  listSources(query?: ListSourcesQuery, options?: CallOptions): Promise<Page<Source>>;
  /** Register a source. `POST /v1/sources` (role admin) */
  createSource(body: CreateSource, options?: WriteOptions): Promise<Source>;
  /** Read a source, and when it was heard of last. `GET /v1/sources/{sourceId}` (role reader) */
  getSource(sourceId: string, options?: CallOptions): Promise<Source>;
  /** Change a source, archive it or restore it. `PATCH /v1/sources/{sourceId}` (role admin) */
  patchSource(sourceId: string, body: PatchSource, options?: WriteOptions): Promise<Source>;
  /** Remove a source with its codes and statements; its operations stay known. `DELETE /v1/sources/{sourceId}` (role admin) */
  deleteSource(sourceId: string, query?: DeleteSourceQuery, options?: WriteOptions): Promise<void>;
  /** List what a source calls products and locations. `GET /v1/sources/{sourceId}/codes` (role reader) */
  listSourceCodes(sourceId: string, query?: ListSourceCodesQuery, options?: CallOptions): Promise<Page<SourceCode>>;
  /** Say what codes of a source mean, up to 10,000 at once; lines that waited for them are applied. `POST /v1/sources/{sourceId}/codes` (role writer) */
  putSourceCodes(sourceId: string, body: PutSourceCodes, options?: WriteOptions): Promise<PutSourceCodesResult>;
  /** Say which numbers a source was told, so that their echoes are recognised. `POST /v1/sources/{sourceId}/publications` (role writer) */
  publishToSource(sourceId: string, body: PublishToSource, options?: WriteOptions): Promise<PublishToSourceResult>;
  /** List the last level that a source stated of each item. `GET /v1/sources/{sourceId}/statements` (role reader) */
  listSourceStatements(sourceId: string, query?: ListSourceStatementsQuery, options?: CallOptions): Promise<Page<SourceStatement>>;
  /** Add a secret that a source's payloads are signed with; older ones hold until they are removed. `POST /v1/sources/{sourceId}/secrets` (role admin) */
  addSourceSecret(sourceId: string, body: AddSourceSecret, options?: WriteOptions): Promise<Source>;
  /** Remove a secret of a source. `DELETE /v1/sources/{sourceId}/secrets/{secretId}` (role admin) */
  removeSourceSecret(sourceId: string, secretId: string, options?: WriteOptions): Promise<Source>;
  /** List lines of sources and devices that could not be applied, the longest waiting first. `GET /v1/parked-lines` (role reader) */
  listParkedLines(query?: ListParkedLinesQuery, options?: CallOptions): Promise<Page<ParkedLine>>;
  /** Try open parked lines again, those that match, up to 1,000 at once. `POST /v1/parked-lines/retry` (role writer) */
  retryParkedLines(body: RetryParkedLines, options?: WriteOptions): Promise<RetriedParkedLines>;
  /** Read a parked line. `GET /v1/parked-lines/{parkedId}` (role reader) */
  getParkedLine(parkedId: string, options?: CallOptions): Promise<ParkedLine>;
  /** Give a parked line to somebody. `POST /v1/parked-lines/{parkedId}/assign` (role writer) */
  assignParkedLine(parkedId: string, body: AssignParkedLine, options?: WriteOptions): Promise<ParkedLine>;
  /** Try a parked line again. `POST /v1/parked-lines/{parkedId}/retry` (role writer) */
  retryParkedLine(parkedId: string, options?: WriteOptions): Promise<ParkedLine>;
  /** Give a parked line up; whoever sends it again hears that it was. `POST /v1/parked-lines/{parkedId}/discard` (role writer) */
  discardParkedLine(parkedId: string, body: DiscardParkedLine, options?: WriteOptions): Promise<ParkedLine>;
  /** Send lines of a source, or a payload of its platform: each operation once for ever, with a verdict per line. `POST /v1/sources/{sourceId}/events` (role writer) */
  sendSourceEvents(sourceId: string, body: SourceLines, options?: WriteOptions): Promise<SourceAnswer>;
  /** List the mappings that are there already. `GET /v1/mappings` (role reader) */
  listReadyMappings(options?: CallOptions): Promise<ReadyMappings>;
  /** List the mappings that a source had, the newest first. `GET /v1/sources/{sourceId}/mappings` (role reader) */
  listSourceMappings(sourceId: string, query?: ListSourceMappingsQuery, options?: CallOptions): Promise<Page<SourceMapping>>;
  /** Add a version of a source's mapping, and use it; payloads that wait are read with it. `POST /v1/sources/{sourceId}/mappings` (role admin) */
  createSourceMapping(sourceId: string, body: CreateSourceMapping, options?: WriteOptions): Promise<SourceMapping>;
  /** See what a mapping makes of a payload; nothing is changed. `POST /v1/sources/{sourceId}/mappings/dry-run` (role writer) */
  dryRunSourceMapping(sourceId: string, body: DryRunSourceMapping, options?: CallOptions): Promise<MappingDryRun>;
  /** Have payloads of a source go through a version of its mapping, or through none. `POST /v1/sources/{sourceId}/mappings/use` (role admin) */
  useSourceMapping(sourceId: string, body: UseSourceMapping, options?: WriteOptions): Promise<UseSourceMapping>;
  /** List payloads of a source that no mapping could read, the longest waiting first. `GET /v1/sources/{sourceId}/payloads` (role writer) */
  listKeptPayloads(sourceId: string, query?: ListKeptPayloadsQuery, options?: CallOptions): Promise<Page<KeptPayload>>;
  /** Read payloads that wait again, up to 100 at once. `POST /v1/sources/{sourceId}/payloads/retry` (role writer) */
  retryKeptPayloads(sourceId: string, body: RetryKeptPayloads, options?: WriteOptions): Promise<RetriedKeptPayloads>;
  /** Give up a payload that waits. `DELETE /v1/sources/{sourceId}/payloads/{payloadId}` (role writer) */
  discardKeptPayload(sourceId: string, payloadId: string, options?: WriteOptions): Promise<void>;
  /** Totals by product, location, group, region, channel, attribute or source, with their provenance. `GET /v1/totals` (role reader) */
  listTotals(query?: ListTotalsQuery, options?: ReadOptions): Promise<Page<ConsolidatedTotals>>;
  /** What the stock is worth in one currency, at given rates; nothing is changed. `POST /v1/valuations` (role reader) */
  valuateStock(body: ValuateStock, options?: CallOptions): Promise<StockValue>;
  /** Compare now: the journal with levels, orders, totals and sources, or with a statement that is uploaded. `POST /v1/reconciliations` (role writer) */
  requestReconciliation(body: RequestReconciliation, options?: WriteOptions): Promise<Reconciliation>;
  /** List reconciliations that were asked for, newest first. `GET /v1/reconciliations` (role reader) */
  listReconciliations(query?: ListReconciliationsQuery, options?: CallOptions): Promise<Page<Reconciliation>>;
  /** List what differs: the oldest first, closed ones the last closed first. `GET /v1/reconciliations/differences` (role reader) */
  listDifferences(query?: ListDifferencesQuery, options?: CallOptions): Promise<Page<Difference>>;
  /** Read a difference, with what explains it and its history. `GET /v1/reconciliations/differences/{differenceId}` (role reader) */
  getDifference(differenceId: string, options?: CallOptions): Promise<Difference>;
  /** Say who looks after a difference, or that it is known and may stay. `PATCH /v1/reconciliations/differences/{differenceId}` (role writer) */
  updateDifference(differenceId: string, body: UpdateDifference, options?: WriteOptions): Promise<Difference>;
  /** Believe the source: stock becomes what it states as of its time, by an entry with the reason. `POST /v1/reconciliations/differences/{differenceId}/correct` (role writer) */
  correctDifference(differenceId: string, body: CorrectDifference, options?: WriteOptions): Promise<Difference>;
  /** List tolerances and rules of automatic correction. `GET /v1/reconciliations/rules` (role reader) */
  listReconciliationRules(options?: CallOptions): Promise<{ data: ReconciliationRule[] }>;
  /** Set a rule: how far apart is near enough, and what is corrected without asking. `PUT /v1/reconciliations/rules/{ruleId}` (role admin) */
  putReconciliationRule(ruleId: string, body: PutReconciliationRule, options?: WriteOptions): Promise<ReconciliationRule>;
  /** Take a rule away; what it corrected stays. `DELETE /v1/reconciliations/rules/{ruleId}` (role admin) */
  deleteReconciliationRule(ruleId: string, options?: WriteOptions): Promise<void>;
  /** Read how far a reconciliation is. `GET /v1/reconciliations/{reconciliationId}` (role reader) */
  getReconciliation(reconciliationId: string, options?: CallOptions): Promise<Reconciliation>;
  /** List webhook subscriptions. `GET /v1/subscriptions/inventory` (role reader) */
  listSubscriptions(query?: ListSubscriptionsQuery, options?: CallOptions): Promise<Page<Subscription>>;
  /** Subscribe a webhook to the changes from now on. `POST /v1/subscriptions/inventory` (role writer) */
  createSubscription(body: CreateSubscription, options?: WriteOptions): Promise<SubscriptionWithSecret>;
  /** Read a subscription and what it has reached. `GET /v1/subscriptions/inventory/{subscriptionId}` (role reader) */
  getSubscription(subscriptionId: string, options?: CallOptions): Promise<Subscription>;
  /** Change fields of a subscription. `PATCH /v1/subscriptions/inventory/{subscriptionId}` (role writer) */
  patchSubscription(subscriptionId: string, body: PatchSubscription, options?: WriteOptions): Promise<Subscription>;
  /** Delete a subscription and what waits for it. `DELETE /v1/subscriptions/inventory/{subscriptionId}` (role writer) */
  deleteSubscription(subscriptionId: string, options?: WriteOptions): Promise<void>;
  /** Send a signed test event now and see what comes of it. `POST /v1/subscriptions/inventory/{subscriptionId}/ping` (role writer) */
  pingSubscription(subscriptionId: string, options?: CallOptions): Promise<PingResult>;
  /** Send nothing until it is resumed; nothing is lost. `POST /v1/subscriptions/inventory/{subscriptionId}/pause` (role writer) */
  pauseSubscription(subscriptionId: string, options?: WriteOptions): Promise<Subscription>;
  /** Go on; what waits for another try is due at once. `POST /v1/subscriptions/inventory/{subscriptionId}/resume` (role writer) */
  resumeSubscription(subscriptionId: string, options?: WriteOptions): Promise<Subscription>;
  /** Sign with a new secret, and with the one before for a while. `POST /v1/subscriptions/inventory/{subscriptionId}/rotate-secret` (role writer) */
  rotateSubscriptionSecret(subscriptionId: string, body: RotateSecret, options?: WriteOptions): Promise<SubscriptionWithSecret>;
  /** Send deliveries of the log again, under their ids and numbers. `POST /v1/subscriptions/inventory/{subscriptionId}/replay` (role writer) */
  replayDeliveries(subscriptionId: string, body: ReplayDeliveries, options?: WriteOptions): Promise<Requeued>;
  /** Make up for everything that was missed, from where it stood or from a cursor. `POST /v1/subscriptions/inventory/{subscriptionId}/backfill` (role writer) */
  backfillSubscription(subscriptionId: string, body: BackfillSubscription, options?: WriteOptions): Promise<Subscription>;
  /** The log of tries of 30 days, newest first. `GET /v1/subscriptions/inventory/{subscriptionId}/deliveries` (role reader) */
  listDeliveries(subscriptionId: string, query?: ListDeliveriesQuery, options?: CallOptions): Promise<Page<DeliveryAttempt>>;
  /** Deliveries that were given up. `GET /v1/subscriptions/inventory/{subscriptionId}/dead-letters` (role reader) */
  listDeadLetters(subscriptionId: string, query?: ListDeadLettersQuery, options?: CallOptions): Promise<Page<DeadLetter>>;
  /** Put dead letters back into the queue: all, or those that are chosen. `POST /v1/subscriptions/inventory/{subscriptionId}/dead-letters/replay` (role writer) */
  replayDeadLetters(subscriptionId: string, body: ReplayDeadLetters, options?: WriteOptions): Promise<Requeued>;
  /** Take the log of a device that worked offline: each operation once for ever, with a verdict per line. `POST /v1/sync/batch` (role writer) */
  syncBatch(body: SyncBatch, options?: WriteOptions): Promise<SyncAnswer>;
  /** List devices, with what is missing of their logs and how their clocks are. `GET /v1/devices` (role reader) */
  listDevices(query?: ListDevicesQuery, options?: CallOptions): Promise<Page<Device>>;
  /** Read a device. `GET /v1/devices/{deviceId}` (role reader) */
  getDevice(deviceId: string, options?: CallOptions): Promise<Device>;
  /** List jobs, newest first. `GET /v1/jobs` (role reader) */
  listJobs(query?: ListJobsQuery, options?: CallOptions): Promise<Page<Job>>;
  /** Read a job and how far it is. `GET /v1/jobs/{jobId}` (role reader) */
  getJob(jobId: string, options?: CallOptions): Promise<Job>;
  /** The verdicts of a job so far, in the order of its rows. `GET /v1/jobs/{jobId}/results` (role reader) */
  listJobResults(jobId: string, query?: ListJobResultsQuery, options?: CallOptions): Promise<Page<RowResult>>;
  /** Stop a job: rows that are under way are finished, no more are begun. `POST /v1/jobs/{jobId}/cancel` (role writer) */
  cancelJob(jobId: string, options?: WriteOptions): Promise<Job>;
}

/** The operations, each giving `{ body, meta }` in place of the body alone. */
export type OperationsWithMeta = {
  readonly [Name in keyof Operations]: (
    ...parameters: Parameters<Operations[Name]>
  ) => Promise<Answer<Awaited<ReturnType<Operations[Name]>>>>;
};

/** The lists, each over all its pages. */
export interface Lists {
  /** List products, all pages. `GET /v1/products` */
  listProducts(query?: Omit<ListProductsQuery, "cursor">, options?: ReadOptions): Listing<Product>;
  /** List locations, all pages. `GET /v1/locations` */
  listLocations(query?: Omit<ListLocationsQuery, "cursor">, options?: ReadOptions): Listing<Location>;
  /** List the items of one location, all pages. `GET /v1/locations/{locationId}/inventory` */
  listLocationInventory(locationId: string, query?: Omit<ListLocationInventoryQuery, "cursor">, options?: ReadOptions): Listing<InventoryItem>;
  /** List items, all pages. `GET /v1/inventory` */
  listInventory(query?: Omit<ListInventoryQuery, "cursor">, options?: ReadOptions): Listing<InventoryItem>;
  /** List totals per product, all pages. `GET /v1/inventory` */
  listInventoryByProduct(query?: Omit<ListInventoryQuery, "cursor">, options?: ReadOptions): Listing<ProductTotals>;
  /** List totals per location, all pages. `GET /v1/inventory` */
  listInventoryByLocation(query?: Omit<ListInventoryQuery, "cursor">, options?: ReadOptions): Listing<LocationTotals>;
  /** The ledger of an item, newest first, all pages. `GET /v1/inventory/{inventoryId}/movements` */
  listMovements(inventoryId: string, query?: Omit<ListMovementsQuery, "cursor">, options?: ReadOptions): Listing<Movement>;
  /** List reservations, newest first, all pages. `GET /v1/reservations` */
  listReservations(query?: Omit<ListReservationsQuery, "cursor">, options?: ReadOptions): Listing<Reservation>;
  /** List transfers, newest first, all pages. `GET /v1/transfers` */
  listTransfers(query?: Omit<ListTransfersQuery, "cursor">, options?: ReadOptions): Listing<Transfer>;
  /** List supplies, newest first, all pages. `GET /v1/supplies` */
  listSupplies(query?: Omit<ListSuppliesQuery, "cursor">, options?: ReadOptions): Listing<Supply>;
  /** List the units on their way, by when they are expected, all pages. `GET /v1/incoming` */
  listIncoming(query?: Omit<ListIncomingQuery, "cursor">, options?: ReadOptions): Listing<IncomingLine>;
  /** List channels, all pages. `GET /v1/channels` */
  listChannels(query?: Omit<ListChannelsQuery, "cursor">, options?: ReadOptions): Listing<Channel>;
  /** List what a channel may sell, all pages. `GET /v1/channels/{channelId}/inventory` */
  listChannelInventory(channelId: string, query?: Omit<ListChannelInventoryQuery, "cursor">, options?: ReadOptions): Listing<ChannelItem>;
  /** List count sessions, newest first, all pages. `GET /v1/counts/sessions` */
  listCountSessions(query?: Omit<ListCountSessionsQuery, "cursor">, options?: CallOptions): Listing<CountSession>;
  /** List what was counted in a session, all pages. `GET /v1/counts/sessions/{sessionId}/lines` */
  listCountLines(sessionId: string, query?: Omit<ListCountLinesQuery, "cursor">, options?: CallOptions): Listing<CountLine>;
  /** List what somebody should look at: open ones, the longest waiting first, all pages. `GET /v1/reviews` */
  listReviews(query?: Omit<ListReviewsQuery, "cursor">, options?: CallOptions): Listing<Review>;
  /** List sources, all pages. `GET /v1/sources` */
  listSources(query?: Omit<ListSourcesQuery, "cursor">, options?: CallOptions): Listing<Source>;
  /** List what a source calls products and locations, all pages. `GET /v1/sources/{sourceId}/codes` */
  listSourceCodes(sourceId: string, query?: Omit<ListSourceCodesQuery, "cursor">, options?: CallOptions): Listing<SourceCode>;
  /** List the last level that a source stated of each item, all pages. `GET /v1/sources/{sourceId}/statements` */
  listSourceStatements(sourceId: string, query?: Omit<ListSourceStatementsQuery, "cursor">, options?: CallOptions): Listing<SourceStatement>;
  /** List lines of sources and devices that could not be applied, the longest waiting first, all pages. `GET /v1/parked-lines` */
  listParkedLines(query?: Omit<ListParkedLinesQuery, "cursor">, options?: CallOptions): Listing<ParkedLine>;
  /** List the mappings that a source had, the newest first, all pages. `GET /v1/sources/{sourceId}/mappings` */
  listSourceMappings(sourceId: string, query?: Omit<ListSourceMappingsQuery, "cursor">, options?: CallOptions): Listing<SourceMapping>;
  /** List payloads of a source that no mapping could read, the longest waiting first, all pages. `GET /v1/sources/{sourceId}/payloads` */
  listKeptPayloads(sourceId: string, query?: Omit<ListKeptPayloadsQuery, "cursor">, options?: CallOptions): Listing<KeptPayload>;
  /** Totals by product, location, group, region, channel, attribute or source, with their provenance, all pages. `GET /v1/totals` */
  listTotals(query?: Omit<ListTotalsQuery, "cursor">, options?: ReadOptions): Listing<ConsolidatedTotals>;
  /** List reconciliations that were asked for, newest first, all pages. `GET /v1/reconciliations` */
  listReconciliations(query?: Omit<ListReconciliationsQuery, "cursor">, options?: CallOptions): Listing<Reconciliation>;
  /** List what differs: the oldest first, closed ones the last closed first, all pages. `GET /v1/reconciliations/differences` */
  listDifferences(query?: Omit<ListDifferencesQuery, "cursor">, options?: CallOptions): Listing<Difference>;
  /** List webhook subscriptions, all pages. `GET /v1/subscriptions/inventory` */
  listSubscriptions(query?: Omit<ListSubscriptionsQuery, "cursor">, options?: CallOptions): Listing<Subscription>;
  /** The log of tries of 30 days, newest first, all pages. `GET /v1/subscriptions/inventory/{subscriptionId}/deliveries` */
  listDeliveries(subscriptionId: string, query?: Omit<ListDeliveriesQuery, "cursor">, options?: CallOptions): Listing<DeliveryAttempt>;
  /** Deliveries that were given up, all pages. `GET /v1/subscriptions/inventory/{subscriptionId}/dead-letters` */
  listDeadLetters(subscriptionId: string, query?: Omit<ListDeadLettersQuery, "cursor">, options?: CallOptions): Listing<DeadLetter>;
  /** List devices, with what is missing of their logs and how their clocks are, all pages. `GET /v1/devices` */
  listDevices(query?: Omit<ListDevicesQuery, "cursor">, options?: CallOptions): Listing<Device>;
  /** List jobs, newest first, all pages. `GET /v1/jobs` */
  listJobs(query?: Omit<ListJobsQuery, "cursor">, options?: CallOptions): Listing<Job>;
  /** The verdicts of a job so far, in the order of its rows, all pages. `GET /v1/jobs/{jobId}/results` */
  listJobResults(jobId: string, query?: Omit<ListJobResultsQuery, "cursor">, options?: CallOptions): Listing<RowResult>;
}

/** The operations, each sent by `send`. */
export function bindOperations(send: Send): Operations {
  return {
    listProducts: async (query, options) =>
      send({ method: "GET", path: "/v1/products", writes: false, query }, options),
    createProduct: async (body, options) =>
      send({ method: "POST", path: "/v1/products", writes: true, body }, options),
    getProduct: async (productId, options) =>
      send({ method: "GET", path: `/v1/products/${pathPart(productId)}`, writes: false }, options),
    replaceProduct: async (productId, body, options) =>
      send({ method: "PUT", path: `/v1/products/${pathPart(productId)}`, writes: true, body }, options),
    patchProduct: async (productId, body, options) =>
      send({ method: "PATCH", path: `/v1/products/${pathPart(productId)}`, writes: true, body }, options),
    deleteProduct: async (productId, query, options) =>
      send({ method: "DELETE", path: `/v1/products/${pathPart(productId)}`, writes: true, query }, options),
    listLocations: async (query, options) =>
      send({ method: "GET", path: "/v1/locations", writes: false, query }, options),
    createLocation: async (body, options) =>
      send({ method: "POST", path: "/v1/locations", writes: true, body }, options),
    getLocation: async (locationId, options) =>
      send({ method: "GET", path: `/v1/locations/${pathPart(locationId)}`, writes: false }, options),
    replaceLocation: async (locationId, body, options) =>
      send({ method: "PUT", path: `/v1/locations/${pathPart(locationId)}`, writes: true, body }, options),
    patchLocation: async (locationId, body, options) =>
      send({ method: "PATCH", path: `/v1/locations/${pathPart(locationId)}`, writes: true, body }, options),
    deleteLocation: async (locationId, query, options) =>
      send({ method: "DELETE", path: `/v1/locations/${pathPart(locationId)}`, writes: true, query }, options),
    listLocationInventory: async (locationId, query, options) =>
      send({ method: "GET", path: `/v1/locations/${pathPart(locationId)}/inventory`, writes: false, query }, options),
    listInventory: async (query, options) =>
      send({ method: "GET", path: "/v1/inventory", writes: false, query }, options),
    listInventoryByProduct: async (query, options) =>
      send({ method: "GET", path: "/v1/inventory", writes: false, query: { ...query, groupBy: "product" } }, options),
    listInventoryByLocation: async (query, options) =>
      send({ method: "GET", path: "/v1/inventory", writes: false, query: { ...query, groupBy: "location" } }, options),
    adjustInventory: async (body, options) =>
      send({ method: "POST", path: "/v1/inventory", writes: true, body }, options),
    bulkUpdateInventory: async (body, options) =>
      send({ method: "POST", path: "/v1/inventory/bulk-update", writes: true, body }, options),
    pollUpdates: async (query, options) =>
      send({ method: "GET", path: "/v1/inventory/updates", writes: false, query }, options),
    createStreamTicket: async (options) =>
      send({ method: "POST", path: "/v1/stream-tickets", writes: false }, options),
    getInventory: async (inventoryIdOrSku, query, options) =>
      send({ method: "GET", path: `/v1/inventory/${pathPart(inventoryIdOrSku)}`, writes: false, query }, options),
    patchInventory: async (inventoryId, body, options) =>
      send({ method: "PATCH", path: `/v1/inventory/${pathPart(inventoryId)}`, writes: true, body }, options),
    deleteInventory: async (inventoryId, query, options) =>
      send({ method: "DELETE", path: `/v1/inventory/${pathPart(inventoryId)}`, writes: true, query }, options),
    listMovements: async (inventoryId, query, options) =>
      send({ method: "GET", path: `/v1/inventory/${pathPart(inventoryId)}/movements`, writes: false, query }, options),
    getHistory: async (inventoryId, query, options) =>
      send({ method: "GET", path: `/v1/inventory/${pathPart(inventoryId)}/history`, writes: false, query }, options),
    listReservations: async (query, options) =>
      send({ method: "GET", path: "/v1/reservations", writes: false, query }, options),
    createReservation: async (body, options) =>
      send({ method: "POST", path: "/v1/reservations", writes: true, body }, options),
    getReservation: async (reservationId, options) =>
      send({ method: "GET", path: `/v1/reservations/${pathPart(reservationId)}`, writes: false }, options),
    commitReservation: async (reservationId, body, options) =>
      send({ method: "POST", path: `/v1/reservations/${pathPart(reservationId)}/commit`, writes: true, body }, options),
    releaseReservation: async (reservationId, body, options) =>
      send({ method: "POST", path: `/v1/reservations/${pathPart(reservationId)}/release`, writes: true, body }, options),
    extendReservation: async (reservationId, body, options) =>
      send({ method: "POST", path: `/v1/reservations/${pathPart(reservationId)}/extend`, writes: true, body }, options),
    payReservation: async (reservationId, body, options) =>
      send({ method: "POST", path: `/v1/reservations/${pathPart(reservationId)}/pay`, writes: true, body }, options),
    listTransfers: async (query, options) =>
      send({ method: "GET", path: "/v1/transfers", writes: false, query }, options),
    createTransfer: async (body, options) =>
      send({ method: "POST", path: "/v1/transfers", writes: true, body }, options),
    getTransfer: async (transferId, options) =>
      send({ method: "GET", path: `/v1/transfers/${pathPart(transferId)}`, writes: false }, options),
    patchTransfer: async (transferId, body, options) =>
      send({ method: "PATCH", path: `/v1/transfers/${pathPart(transferId)}`, writes: true, body }, options),
    shipTransfer: async (transferId, body, options) =>
      send({ method: "POST", path: `/v1/transfers/${pathPart(transferId)}/ship`, writes: true, body }, options),
    receiveTransfer: async (transferId, body, options) =>
      send({ method: "POST", path: `/v1/transfers/${pathPart(transferId)}/receive`, writes: true, body }, options),
    cancelTransfer: async (transferId, body, options) =>
      send({ method: "POST", path: `/v1/transfers/${pathPart(transferId)}/cancel`, writes: true, body }, options),
    listSupplies: async (query, options) =>
      send({ method: "GET", path: "/v1/supplies", writes: false, query }, options),
    createSupply: async (body, options) =>
      send({ method: "POST", path: "/v1/supplies", writes: true, body }, options),
    getSupply: async (supplyId, options) =>
      send({ method: "GET", path: `/v1/supplies/${pathPart(supplyId)}`, writes: false }, options),
    patchSupply: async (supplyId, body, options) =>
      send({ method: "PATCH", path: `/v1/supplies/${pathPart(supplyId)}`, writes: true, body }, options),
    receiveSupply: async (supplyId, body, options) =>
      send({ method: "POST", path: `/v1/supplies/${pathPart(supplyId)}/receive`, writes: true, body }, options),
    cancelSupply: async (supplyId, body, options) =>
      send({ method: "POST", path: `/v1/supplies/${pathPart(supplyId)}/cancel`, writes: true, body }, options),
    listIncoming: async (query, options) =>
      send({ method: "GET", path: "/v1/incoming", writes: false, query }, options),
    listChannels: async (query, options) =>
      send({ method: "GET", path: "/v1/channels", writes: false, query }, options),
    createChannel: async (body, options) =>
      send({ method: "POST", path: "/v1/channels", writes: true, body }, options),
    getChannel: async (channelId, options) =>
      send({ method: "GET", path: `/v1/channels/${pathPart(channelId)}`, writes: false }, options),
    replaceChannel: async (channelId, body, options) =>
      send({ method: "PUT", path: `/v1/channels/${pathPart(channelId)}`, writes: true, body }, options),
    patchChannel: async (channelId, body, options) =>
      send({ method: "PATCH", path: `/v1/channels/${pathPart(channelId)}`, writes: true, body }, options),
    deleteChannel: async (channelId, query, options) =>
      send({ method: "DELETE", path: `/v1/channels/${pathPart(channelId)}`, writes: true, query }, options),
    listChannelInventory: async (channelId, query, options) =>
      send({ method: "GET", path: `/v1/channels/${pathPart(channelId)}/inventory`, writes: false, query }, options),
    countInventory: async (body, options) =>
      send({ method: "POST", path: "/v1/counts", writes: true, body }, options),
    listCountSessions: async (query, options) =>
      send({ method: "GET", path: "/v1/counts/sessions", writes: false, query }, options),
    openCountSession: async (body, options) =>
      send({ method: "POST", path: "/v1/counts/sessions", writes: true, body }, options),
    getCountSession: async (sessionId, options) =>
      send({ method: "GET", path: `/v1/counts/sessions/${pathPart(sessionId)}`, writes: false }, options),
    listCountLines: async (sessionId, query, options) =>
      send({ method: "GET", path: `/v1/counts/sessions/${pathPart(sessionId)}/lines`, writes: false, query }, options),
    putCountLines: async (sessionId, body, options) =>
      send({ method: "POST", path: `/v1/counts/sessions/${pathPart(sessionId)}/lines`, writes: true, body }, options),
    getCountVariance: async (sessionId, query, options) =>
      send({ method: "GET", path: `/v1/counts/sessions/${pathPart(sessionId)}/variance`, writes: false, query }, options),
    postCountSession: async (sessionId, options) =>
      send({ method: "POST", path: `/v1/counts/sessions/${pathPart(sessionId)}/post`, writes: true }, options),
    cancelCountSession: async (sessionId, options) =>
      send({ method: "POST", path: `/v1/counts/sessions/${pathPart(sessionId)}/cancel`, writes: true }, options),
    listReviews: async (query, options) =>
      send({ method: "GET", path: "/v1/reviews", writes: false, query }, options),
    resolveReview: async (movementId, body, options) =>
      send({ method: "POST", path: `/v1/reviews/${pathPart(movementId)}/resolve`, writes: true, body }, options),
    listSources: async (query, options) =>
      send({ method: "GET", path: "/v1/sources", writes: false, query }, options),
    createSource: async (body, options) =>
      send({ method: "POST", path: "/v1/sources", writes: true, body }, options),
    getSource: async (sourceId, options) =>
      send({ method: "GET", path: `/v1/sources/${pathPart(sourceId)}`, writes: false }, options),
    patchSource: async (sourceId, body, options) =>
      send({ method: "PATCH", path: `/v1/sources/${pathPart(sourceId)}`, writes: true, body }, options),
    deleteSource: async (sourceId, query, options) =>
      send({ method: "DELETE", path: `/v1/sources/${pathPart(sourceId)}`, writes: true, query }, options),
    listSourceCodes: async (sourceId, query, options) =>
      send({ method: "GET", path: `/v1/sources/${pathPart(sourceId)}/codes`, writes: false, query }, options),
    putSourceCodes: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/codes`, writes: true, body }, options),
    publishToSource: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/publications`, writes: true, body }, options),
    listSourceStatements: async (sourceId, query, options) =>
      send({ method: "GET", path: `/v1/sources/${pathPart(sourceId)}/statements`, writes: false, query }, options),
    addSourceSecret: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/secrets`, writes: true, body }, options),
    removeSourceSecret: async (sourceId, secretId, options) =>
      send({ method: "DELETE", path: `/v1/sources/${pathPart(sourceId)}/secrets/${pathPart(secretId)}`, writes: true }, options),
    listParkedLines: async (query, options) =>
      send({ method: "GET", path: "/v1/parked-lines", writes: false, query }, options),
    retryParkedLines: async (body, options) =>
      send({ method: "POST", path: "/v1/parked-lines/retry", writes: true, body }, options),
    getParkedLine: async (parkedId, options) =>
      send({ method: "GET", path: `/v1/parked-lines/${pathPart(parkedId)}`, writes: false }, options),
    assignParkedLine: async (parkedId, body, options) =>
      send({ method: "POST", path: `/v1/parked-lines/${pathPart(parkedId)}/assign`, writes: true, body }, options),
    retryParkedLine: async (parkedId, options) =>
      send({ method: "POST", path: `/v1/parked-lines/${pathPart(parkedId)}/retry`, writes: true }, options),
    discardParkedLine: async (parkedId, body, options) =>
      send({ method: "POST", path: `/v1/parked-lines/${pathPart(parkedId)}/discard`, writes: true, body }, options),
    sendSourceEvents: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/events`, writes: true, body }, options),
    listReadyMappings: async (options) =>
      send({ method: "GET", path: "/v1/mappings", writes: false }, options),
    listSourceMappings: async (sourceId, query, options) =>
      send({ method: "GET", path: `/v1/sources/${pathPart(sourceId)}/mappings`, writes: false, query }, options),
    createSourceMapping: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/mappings`, writes: true, body }, options),
    dryRunSourceMapping: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/mappings/dry-run`, writes: false, body }, options),
    useSourceMapping: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/mappings/use`, writes: true, body }, options),
    listKeptPayloads: async (sourceId, query, options) =>
      send({ method: "GET", path: `/v1/sources/${pathPart(sourceId)}/payloads`, writes: false, query }, options),
    retryKeptPayloads: async (sourceId, body, options) =>
      send({ method: "POST", path: `/v1/sources/${pathPart(sourceId)}/payloads/retry`, writes: true, body }, options),
    discardKeptPayload: async (sourceId, payloadId, options) =>
      send({ method: "DELETE", path: `/v1/sources/${pathPart(sourceId)}/payloads/${pathPart(payloadId)}`, writes: true }, options),
    listTotals: async (query, options) =>
      send({ method: "GET", path: "/v1/totals", writes: false, query }, options),
    valuateStock: async (body, options) =>
      send({ method: "POST", path: "/v1/valuations", writes: false, body }, options),
    requestReconciliation: async (body, options) =>
      send({ method: "POST", path: "/v1/reconciliations", writes: true, body }, options),
    listReconciliations: async (query, options) =>
      send({ method: "GET", path: "/v1/reconciliations", writes: false, query }, options),
    listDifferences: async (query, options) =>
      send({ method: "GET", path: "/v1/reconciliations/differences", writes: false, query }, options),
    getDifference: async (differenceId, options) =>
      send({ method: "GET", path: `/v1/reconciliations/differences/${pathPart(differenceId)}`, writes: false }, options),
    updateDifference: async (differenceId, body, options) =>
      send({ method: "PATCH", path: `/v1/reconciliations/differences/${pathPart(differenceId)}`, writes: true, body }, options),
    correctDifference: async (differenceId, body, options) =>
      send({ method: "POST", path: `/v1/reconciliations/differences/${pathPart(differenceId)}/correct`, writes: true, body }, options),
    listReconciliationRules: async (options) =>
      send({ method: "GET", path: "/v1/reconciliations/rules", writes: false }, options),
    putReconciliationRule: async (ruleId, body, options) =>
      send({ method: "PUT", path: `/v1/reconciliations/rules/${pathPart(ruleId)}`, writes: true, body }, options),
    deleteReconciliationRule: async (ruleId, options) =>
      send({ method: "DELETE", path: `/v1/reconciliations/rules/${pathPart(ruleId)}`, writes: true }, options),
    getReconciliation: async (reconciliationId, options) =>
      send({ method: "GET", path: `/v1/reconciliations/${pathPart(reconciliationId)}`, writes: false }, options),
    listSubscriptions: async (query, options) =>
      send({ method: "GET", path: "/v1/subscriptions/inventory", writes: false, query }, options),
    createSubscription: async (body, options) =>
      send({ method: "POST", path: "/v1/subscriptions/inventory", writes: true, body }, options),
    getSubscription: async (subscriptionId, options) =>
      send({ method: "GET", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}`, writes: false }, options),
    patchSubscription: async (subscriptionId, body, options) =>
      send({ method: "PATCH", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}`, writes: true, body }, options),
    deleteSubscription: async (subscriptionId, options) =>
      send({ method: "DELETE", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}`, writes: true }, options),
    pingSubscription: async (subscriptionId, options) =>
      send({ method: "POST", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/ping`, writes: false }, options),
    pauseSubscription: async (subscriptionId, options) =>
      send({ method: "POST", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/pause`, writes: true }, options),
    resumeSubscription: async (subscriptionId, options) =>
      send({ method: "POST", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/resume`, writes: true }, options),
    rotateSubscriptionSecret: async (subscriptionId, body, options) =>
      send({ method: "POST", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/rotate-secret`, writes: true, body }, options),
    replayDeliveries: async (subscriptionId, body, options) =>
      send({ method: "POST", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/replay`, writes: true, body }, options),
    backfillSubscription: async (subscriptionId, body, options) =>
      send({ method: "POST", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/backfill`, writes: true, body }, options),
    listDeliveries: async (subscriptionId, query, options) =>
      send({ method: "GET", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/deliveries`, writes: false, query }, options),
    listDeadLetters: async (subscriptionId, query, options) =>
      send({ method: "GET", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/dead-letters`, writes: false, query }, options),
    replayDeadLetters: async (subscriptionId, body, options) =>
      send({ method: "POST", path: `/v1/subscriptions/inventory/${pathPart(subscriptionId)}/dead-letters/replay`, writes: true, body }, options),
    syncBatch: async (body, options) =>
      send({ method: "POST", path: "/v1/sync/batch", writes: true, body }, options),
    listDevices: async (query, options) =>
      send({ method: "GET", path: "/v1/devices", writes: false, query }, options),
    getDevice: async (deviceId, options) =>
      send({ method: "GET", path: `/v1/devices/${pathPart(deviceId)}`, writes: false }, options),
    listJobs: async (query, options) =>
      send({ method: "GET", path: "/v1/jobs", writes: false, query }, options),
    getJob: async (jobId, options) =>
      send({ method: "GET", path: `/v1/jobs/${pathPart(jobId)}`, writes: false }, options),
    listJobResults: async (jobId, query, options) =>
      send({ method: "GET", path: `/v1/jobs/${pathPart(jobId)}/results`, writes: false, query }, options),
    cancelJob: async (jobId, options) =>
      send({ method: "POST", path: `/v1/jobs/${pathPart(jobId)}/cancel`, writes: true }, options),
  };
}

/** The lists, page by page through the operations. */
export function bindLists(operations: OperationsWithMeta): Lists {
  return {
    listProducts: (query, options) =>
      new Listing((cursor) => operations.listProducts({ ...query, cursor }, options)),
    listLocations: (query, options) =>
      new Listing((cursor) => operations.listLocations({ ...query, cursor }, options)),
    listLocationInventory: (locationId, query, options) =>
      new Listing((cursor) => operations.listLocationInventory(locationId, { ...query, cursor }, options)),
    listInventory: (query, options) =>
      new Listing((cursor) => operations.listInventory({ ...query, cursor }, options)),
    listInventoryByProduct: (query, options) =>
      new Listing((cursor) => operations.listInventoryByProduct({ ...query, cursor }, options)),
    listInventoryByLocation: (query, options) =>
      new Listing((cursor) => operations.listInventoryByLocation({ ...query, cursor }, options)),
    listMovements: (inventoryId, query, options) =>
      new Listing((cursor) => operations.listMovements(inventoryId, { ...query, cursor }, options)),
    listReservations: (query, options) =>
      new Listing((cursor) => operations.listReservations({ ...query, cursor }, options)),
    listTransfers: (query, options) =>
      new Listing((cursor) => operations.listTransfers({ ...query, cursor }, options)),
    listSupplies: (query, options) =>
      new Listing((cursor) => operations.listSupplies({ ...query, cursor }, options)),
    listIncoming: (query, options) =>
      new Listing((cursor) => operations.listIncoming({ ...query, cursor }, options)),
    listChannels: (query, options) =>
      new Listing((cursor) => operations.listChannels({ ...query, cursor }, options)),
    listChannelInventory: (channelId, query, options) =>
      new Listing((cursor) => operations.listChannelInventory(channelId, { ...query, cursor }, options)),
    listCountSessions: (query, options) =>
      new Listing((cursor) => operations.listCountSessions({ ...query, cursor }, options)),
    listCountLines: (sessionId, query, options) =>
      new Listing((cursor) => operations.listCountLines(sessionId, { ...query, cursor }, options)),
    listReviews: (query, options) =>
      new Listing((cursor) => operations.listReviews({ ...query, cursor }, options)),
    listSources: (query, options) =>
      new Listing((cursor) => operations.listSources({ ...query, cursor }, options)),
    listSourceCodes: (sourceId, query, options) =>
      new Listing((cursor) => operations.listSourceCodes(sourceId, { ...query, cursor }, options)),
    listSourceStatements: (sourceId, query, options) =>
      new Listing((cursor) => operations.listSourceStatements(sourceId, { ...query, cursor }, options)),
    listParkedLines: (query, options) =>
      new Listing((cursor) => operations.listParkedLines({ ...query, cursor }, options)),
    listSourceMappings: (sourceId, query, options) =>
      new Listing((cursor) => operations.listSourceMappings(sourceId, { ...query, cursor }, options)),
    listKeptPayloads: (sourceId, query, options) =>
      new Listing((cursor) => operations.listKeptPayloads(sourceId, { ...query, cursor }, options)),
    listTotals: (query, options) =>
      new Listing((cursor) => operations.listTotals({ ...query, cursor }, options)),
    listReconciliations: (query, options) =>
      new Listing((cursor) => operations.listReconciliations({ ...query, cursor }, options)),
    listDifferences: (query, options) =>
      new Listing((cursor) => operations.listDifferences({ ...query, cursor }, options)),
    listSubscriptions: (query, options) =>
      new Listing((cursor) => operations.listSubscriptions({ ...query, cursor }, options)),
    listDeliveries: (subscriptionId, query, options) =>
      new Listing((cursor) => operations.listDeliveries(subscriptionId, { ...query, cursor }, options)),
    listDeadLetters: (subscriptionId, query, options) =>
      new Listing((cursor) => operations.listDeadLetters(subscriptionId, { ...query, cursor }, options)),
    listDevices: (query, options) =>
      new Listing((cursor) => operations.listDevices({ ...query, cursor }, options)),
    listJobs: (query, options) =>
      new Listing((cursor) => operations.listJobs({ ...query, cursor }, options)),
    listJobResults: (jobId, query, options) =>
      new Listing((cursor) => operations.listJobResults(jobId, { ...query, cursor }, options)),
  };
}
