/** Rows of the webhook tables as the database gives them; times in milliseconds of the Unix epoch. */
import type { WebhookOrdering, WebhookOutcome, WebhookStatus } from "@onhand/protocol/subscriptions";

export interface SubscriptionRow {
  readonly subscription_id: string;
  readonly name: string | null;
  readonly url: string;
  readonly types: readonly string[];
  readonly filter: SubscriptionFilter;
  readonly ordering: WebhookOrdering;
  readonly secret: string;
  readonly previous_secret: string | null;
  readonly previous_secret_expires_at: number | null;
  readonly status: WebhookStatus;
  readonly status_reason: string | null;
  readonly status_since: number;
  readonly version: number;
  readonly created_by: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface SubscriptionFilter {
  readonly productIds?: readonly string[];
  readonly skus?: readonly string[];
  readonly locationIds?: readonly string[];
  readonly locationGroups?: readonly string[];
  readonly channelIds?: readonly string[];
}

export interface ProgressRow {
  readonly token: number;
  readonly revision: number;
  readonly position: Buffer;
  readonly last_sequence: number;
  readonly failing_since: number | null;
  readonly last_delivered_at: number | null;
}

export interface DeliveryRow {
  readonly event_id: string;
  readonly item_key: string;
  readonly type: string;
  readonly partition: number;
  readonly entry_sequence: number;
  readonly position: Buffer;
  readonly traceparent: string | null;
  readonly ordinal: number;
  readonly sequence: number | null;
  readonly supersedes: readonly number[];
  readonly tries: number;
  readonly first_tried_at: number | null;
  readonly due_at: number;
  readonly is_held: boolean;
}

export interface ParkedLaneRow {
  readonly item_key: string;
  readonly product_id: string | null;
  readonly location_id: string | null;
  readonly partition: number;
  readonly entry_sequence: number;
  readonly position: Buffer;
}

export interface AttemptRow {
  readonly event_id: string;
  readonly attempted_at: number;
  readonly sequence: number | null;
  readonly tries: number;
  readonly outcome: WebhookOutcome;
  readonly status: number | null;
  readonly latency_ms: number | null;
  readonly detail: string | null;
  readonly response: string | null;
  readonly next_try_at: number | null;
}

export interface DeadLetterRow {
  readonly event_id: string;
  readonly sequence: number | null;
  readonly type: string;
  readonly item_key: string;
  readonly tries: number;
  readonly first_tried_at: number | null;
  readonly dead_since: number;
  readonly last_outcome: WebhookOutcome | null;
  readonly last_status: number | null;
}
