/** Statements on what is usual for each item. */
import { integerColumn, jsonColumn, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface ItemKey {
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string;
}

export interface ProfileRow {
  readonly product_id: string;
  readonly location_id: string;
  readonly profile: object;
}

const keyColumns = (items: readonly ItemKey[]): unknown[] => [
  integerColumn(items, (item) => item.partition),
  textColumn(items, (item) => item.productId),
  textColumn(items, (item) => item.locationId),
];

/** Profiles of some items; those that have none yet are not in the answer. */
export const selectProfiles = (items: readonly ItemKey[]): Statement => ({
  name: "select_profiles",
  text: `SELECT i.product_id, i.location_id, i.profile FROM unnest($1::integer[], $2::text[], $3::text[]) k(partition, product_id, location_id)
         JOIN item_profile i ON i.partition = k.partition AND i.product_id = k.product_id AND i.location_id = k.location_id`,
  values: keyColumns(items),
});

/** Writes profiles over what was there. */
export const upsertProfiles = (profiles: readonly (ItemKey & { readonly json: string })[]): Statement => ({
  name: "upsert_profiles",
  text: `INSERT INTO item_profile (partition, product_id, location_id, profile) SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::json[])
         ON CONFLICT (partition, product_id, location_id) DO UPDATE SET profile = excluded.profile`,
  values: [...keyColumns(profiles), jsonColumn(profiles, (each) => each.json)],
});

/** Forgets what was usual for items that are gone. */
export const deleteProfiles = (items: readonly ItemKey[]): Statement => ({
  name: "delete_profiles",
  text: `DELETE FROM item_profile i USING unnest($1::integer[], $2::text[], $3::text[]) k(partition, product_id, location_id)
         WHERE i.partition = k.partition AND i.product_id = k.product_id AND i.location_id = k.location_id`,
  values: keyColumns(items),
});

/** Forgets all of it. */
export const deleteAllProfiles = (): Statement => ({ text: "DELETE FROM item_profile" });
