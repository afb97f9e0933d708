/**
 * What channels may sell against what their locations have. A channel follows a change of the catalogue only after a while, and
 * is not compared before; one that changed while it was compared is compared another time.
 */
import { channelAvailable } from "../core/catalogue/catalogue.ts";
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import { readChannels, type SellingChannel } from "../journal/verify/channel-check.ts";
import { type ChannelLevelCheckRow, readChannelLevels } from "../journal/verify/sql/read-orders.ts";
import type { Check, Page, Scope } from "./check.ts";
import { type Examined, type Finding, noBasis, type Subject, subjectOf } from "./difference.ts";
import { partitionsOf } from "./item-check.ts";
import { reconciliationLimits } from "./limits.ts";
import { channelLevelOf } from "./sql/channels.ts";

const kinds = ["channel"] as const;

/** @returns the check of what channels may sell */
export function channelCheck(database: Queryable, partitionCount: number): Check {
  return {
    kinds,
    async *pages(scope) {
      if (scope.locationId !== null) return;
      const channels = await readChannels(database);
      for (const channel of channels.filter(({ isRefreshed }) => isRefreshed))
        for (const partition of partitionsOf(scope, partitionCount))
          yield* channelPages(database, channel, partition, scope);
    },
    examine: (subject) => examine(database, subject, partitionCount),
  };
}

async function* channelPages(
  database: Queryable,
  channel: SellingChannel,
  partition: number,
  scope: Scope,
): AsyncGenerator<Page, void, void> {
  const { channelId } = channel;
  for (let afterId: string | null = ""; afterId !== null; ) {
    const rowsMax = reconciliationLimits.channelProductsPerPage;
    const { rows }: { rows: ChannelLevelCheckRow[] } = await database.query<ChannelLevelCheckRow>(
      readChannelLevels(partition, channel, afterId, rowsMax),
    );
    const suspects = rows
      .filter((row) => scope.productId === null || row.product_id === scope.productId)
      .filter((row) => expectedOf(channel, row) !== null)
      .map((row) => ({
        subject: subjectOf("channel", { partition, productId: row.product_id, channelId }),
        sequence: null,
      }));
    yield { kinds, checked: rows.length, suspects };
    afterId = rows.length < rowsMax ? null : rows.at(-1)!.product_id;
  }
}

/** @returns what the row should say, or null when it says so */
function expectedOf({ document }: SellingChannel, row: ChannelLevelCheckRow) {
  const sells = document !== null && (document.products === null || document.products.includes(row.product_id));
  const sellable = sells ? Number(row.expected) : 0;
  const available = sells && row.is_active ? channelAvailable(document, row.product_id, sellable) : 0;
  if ((row.sellable ?? 0) === sellable && (row.available ?? 0) === available) return null;
  return { sellable, available };
}

async function examine(database: Queryable, subject: Subject, partitionCount: number): Promise<Examined> {
  const { productId, channelId } = subject;
  const nothing: Examined = { finding: null, basis: noBasis };
  const before = (await readChannels(database)).find((each) => each.channelId === channelId);
  if (before === undefined || !before.isRefreshed) return nothing;
  const partition = partitionOf(productId!, partitionCount);
  const { rows } = await database.query<ChannelLevelCheckRow>(channelLevelOf(partition, before, productId!));
  const [row] = rows;
  const expected = row === undefined ? null : expectedOf(before, row);
  if (expected === null) return nothing;
  const after = (await readChannels(database)).find((each) => each.channelId === channelId);
  if (JSON.stringify(before) !== JSON.stringify(after)) return nothing;
  const finding: Finding = {
    subject,
    expected,
    found: { sellable: row!.sellable, available: row!.available },
    units: (row!.available ?? 0) - expected.available,
    firstSequence: row!.told_sequence === 0 ? null : row!.told_sequence,
    explanation:
      "What the channel was told that it may sell is not what its locations have. A change of the channel makes all its numbers right again: save it once more, then run onhand verify.",
  };
  return { finding, basis: noBasis };
}
