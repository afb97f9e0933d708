/** Where in the journal a difference begins. */
import { formatMovementId } from "../core/record/ids.ts";
import type { Queryable } from "../db/pool.ts";
import { reconciliationLimits } from "./limits.ts";
import { type ChainRow, chainOf } from "./sql/entries.ts";

export interface FirstEntry {
  readonly sequence: number | null;
  /** An entry of the chain is wrong in itself, not only what was made of it. */
  readonly isBroken: boolean;
  readonly explanation: string;
  readonly chain: ChainRow | null;
}

/**
 * @param lastSequence entry that the item's row names
 * @param entrySequence the same, or null when there is no such entry
 * @returns the first entry of the item's chain that does not go on from the one before it; where all do, the last one,
 * which the row should say the same as
 */
export async function firstDiffering(
  database: Queryable,
  partition: number,
  lastSequence: number,
  entrySequence: number | null,
): Promise<FirstEntry> {
  if (entrySequence === null)
    return {
      sequence: null,
      isBroken: true,
      explanation: `Entry ${formatMovementId(partition, lastSequence)}, which the row names as its last one, is not in the journal.`,
      chain: null,
    };
  const { rows } = await database.query<ChainRow>(
    chainOf(partition, lastSequence, reconciliationLimits.walkEntriesMax),
  );
  const chain = rows[0]!;
  const isCut = !chain.is_whole && chain.walked < reconciliationLimits.walkEntriesMax;
  const broken = isCut ? chain.oldest : chain.first_broken;
  if (broken !== null) {
    const movementId = formatMovementId(partition, broken);
    const explanation = isCut
      ? `The entry before ${movementId} is missing.`
      : `Its history breaks at ${movementId}: with what moved there ${chain.expected_on_hand} units would be on hand, and the entry says ${chain.found_on_hand}.`;
    return { sequence: broken, isBroken: true, explanation, chain };
  }
  const reach = chain.is_whole ? `All ${chain.walked}` : `The last ${chain.walked}`;
  const explanation = `${reach} entries of the item go on from each other and come to ${formatMovementId(partition, lastSequence)}, the first one that the row is not like.`;
  return { sequence: lastSequence, isBroken: false, explanation, chain };
}
