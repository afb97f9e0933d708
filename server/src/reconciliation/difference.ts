/** What reconciliation looks at and what it finds: plain data, the same for whoever looks. */
import type { CheckKind, driftKinds } from "@onhand/protocol/reconciliation";

/** What is compared: an item, a product, a product in a channel, an item at a source, a source, or an order. */
export interface Subject {
  readonly check: CheckKind;
  readonly partition: number | null;
  readonly productId: string | null;
  readonly locationId: string | null;
  readonly sourceId: string | null;
  readonly channelId: string | null;
  readonly orderId: string | null;
}

const nobody = {
  partition: null,
  productId: null,
  locationId: null,
  sourceId: null,
  channelId: null,
  orderId: null,
} as const;

/** @returns a subject with the fields that it has */
export const subjectOf = (check: CheckKind, fields: Partial<Omit<Subject, "check">>): Subject => ({
  ...nobody,
  ...fields,
  check,
});

/** @returns one text for one subject of a check */
export const subjectKey = ({ productId, locationId, sourceId, channelId, orderId }: Subject): string =>
  JSON.stringify([productId, locationId, sourceId, channelId, orderId]);

/** Numbers and words by name, as the two sides say them. */
export type Figures = Readonly<Record<string, number | string | null>>;

/** A movement that a difference is explained by. */
export interface ExplainingMovement {
  readonly sequence: number;
  readonly onHandDelta: number;
  readonly occurredAtMs: number;
  readonly recordedAtMs: number;
  readonly actor: string;
  readonly source: string | null;
}

/** What kind of drift a source's statement shows, see `explain-drift.ts`. */
export type DriftKind = (typeof driftKinds)[number];

/** Two sides that should say the same and do not. */
export interface Finding {
  readonly subject: Subject;
  readonly expected: Figures;
  readonly found: Figures;
  /** Found less expected, in units; null where it is nothing to count. */
  readonly units: number | null;
  /** Sequence of the first entry that differs, in the subject's partition; null where no entry is to blame. */
  readonly firstSequence: number | null;
  /** In words: what differs, since when, and what to do. */
  readonly explanation: string;
  readonly drift?: { readonly kind: DriftKind; readonly movements: readonly ExplainingMovement[] };
}

/** Where both sides stood when they were compared. */
export interface Basis {
  /** The item's last entry. */
  readonly lastSequence: number | null;
  /** Of statements: the moment that the source spoke of. */
  readonly asOfMs: number | null;
}

export interface Examined {
  readonly finding: Finding | null;
  readonly basis: Basis;
}

/** Where nothing is known of entries or statements. */
export const noBasis: Basis = { lastSequence: null, asOfMs: null };
