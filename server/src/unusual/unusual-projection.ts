/**
 * Learns what is usual for each item and has a notice recorded of what is not. Notices are commands under keys that follow
 * from the movement, sent before the profiles and the cursor are written: whatever is repeated after a crash finds the
 * same things and tells of each once.
 */
import { entryKinds, movementTypes } from "@onhand/protocol/vocabulary";
import type { Command } from "../core/command.ts";
import { systemActor } from "../core/inventory/movement.ts";
import type { Outcome } from "../core/outcome.ts";
import type { SealedEntry } from "../core/record/entry.ts";
import type { Queryable } from "../db/pool.ts";
import type { Projection } from "../projections/projection.ts";
import type { Logger } from "../telemetry/logger.ts";
import { judge } from "./judge.ts";
import { noticeOf } from "./notice-command.ts";
import { emptyProfile, formatProfile, type Profile, parseProfile } from "./profile.ts";
import {
  deleteAllProfiles,
  deleteProfiles,
  type ItemKey,
  type ProfileRow,
  selectProfiles,
  upsertProfiles,
} from "./sql/item-profiles.ts";

const unusualLimits = {
  /** What happened longer before the journal's newest entry is learned from and not told of: it is history by then. */
  toldAgeMsMax: 7 * 24 * 3_600_000,
  /** Notices under way at a time. */
  noticesAtATime: 50,
} as const;

export interface UnusualOptions {
  /** For reading profiles. */
  readonly database: Queryable;
  /** Has a command decided. */
  readonly submit: (command: Command) => Promise<{ readonly outcome: Outcome }>;
  readonly logger: Pick<Logger, "warn">;
}

type Notices = readonly ReturnType<typeof noticeOf>[];

/** @returns the projection "unusual" */
export function unusualProjection({ database, submit, logger }: UnusualOptions): Projection {
  return {
    name: "unusual",
    version: 1,
    interest: { kinds: [entryKinds.inventoryAdjusted, entryKinds.inventorySet, entryKinds.inventoryDeleted] },
    batchMax: 10_000,
    async digest({ entries, newestAtMs }) {
      const profiles = await load(database, entries);
      const notices: ReturnType<typeof noticeOf>[] = [];
      for (const entry of entries.filter(isOfSomebody)) {
        const key = keyOf(entry);
        if (entry.kind === entryKinds.inventoryDeleted) {
          profiles.set(key, null);
          continue;
        }
        const { profile, finding } = judge(profiles.get(key) ?? emptyProfile, changeOf(entry));
        profiles.set(key, profile);
        if (finding !== null && newestAtMs - entry.occurredAtMs <= unusualLimits.toldAgeMsMax)
          notices.push(noticeOf(entry, finding));
      }
      await tell(submit, logger, notices);
      return (connection) => store(connection, entries, profiles);
    },
    async clear(connection) {
      await connection.query(deleteAllProfiles());
    },
  };
}

/** Changes that nobody asked for follow from others; what moves nothing has no size. */
const isOfSomebody = ({ kind, actor, delta }: SealedEntry): boolean =>
  kind === entryKinds.inventoryDeleted || (delta.onHand !== 0 && actor !== systemActor);

const changeOf = ({ delta, movementType, occurredAtMs }: SealedEntry) => ({
  units: delta.onHand,
  type: movementTypes[movementType]!,
  occurredAtMs,
});

const keyOf = ({ productId, locationId }: Pick<SealedEntry, "productId" | "locationId">): string =>
  `${productId}\n${locationId}`;

const itemsOf = (entries: readonly SealedEntry[]): ItemKey[] => [
  ...new Map(
    entries.map((entry) => {
      const { partition, productId, locationId } = entry;
      return [keyOf(entry), { partition, productId: productId!, locationId: locationId! }] as const;
    }),
  ).values(),
];

async function load(database: Queryable, entries: readonly SealedEntry[]): Promise<Map<string, Profile | null>> {
  if (entries.length === 0) return new Map();
  const { rows } = await database.query<ProfileRow>(selectProfiles(itemsOf(entries)));
  return new Map(
    rows.map((row) => [
      keyOf({ productId: row.product_id, locationId: row.location_id }),
      parseProfile(row.profile) as Profile | null,
    ]),
  );
}

/** Has notices recorded. @throws when the writer could not say what came of one: all of them are sent again */
async function tell(
  submit: UnusualOptions["submit"],
  logger: UnusualOptions["logger"],
  notices: Notices,
): Promise<void> {
  for (let index = 0; index < notices.length; index += unusualLimits.noticesAtATime) {
    const settled = notices.slice(index, index + unusualLimits.noticesAtATime).map(async (notice) => {
      const { outcome } = await submit(notice);
      if (outcome.kind !== "rejected") return;
      if (outcome.rejection.isStale === true) throw new Error(outcome.rejection.detail);
      // The item may be gone by now; then there is nothing to tell of.
      logger.warn(
        { about: notice.about, reason: outcome.rejection.detail },
        "a notice of something unusual was refused",
      );
    });
    await Promise.all(settled);
  }
}

async function store(
  connection: Queryable,
  entries: readonly SealedEntry[],
  profiles: ReadonlyMap<string, Profile | null>,
): Promise<void> {
  const items = itemsOf(entries).map((item) => ({ ...item, profile: profiles.get(keyOf(item)) }));
  const gone = items.filter((item) => item.profile === null);
  const kept = items.flatMap(({ profile, ...item }) => (profile ? [{ ...item, json: formatProfile(profile) }] : []));
  if (gone.length > 0) await connection.query(deleteProfiles(gone));
  if (kept.length > 0) await connection.query(upsertProfiles(kept));
}
