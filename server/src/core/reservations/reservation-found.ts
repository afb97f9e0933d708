/** What is found for the lines of a request on the way to its units. */
import { partitionOf } from "../record/partition.ts";
import type { Candidate, Choice } from "../sourcing/policy.ts";
import type { Draft, ItemPlace } from "../state.ts";

/** What was found for one line of the request. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly choices: readonly Choice[];
}

/** A line that names no location, at its position in the request, from 0. */
export interface Sourced {
  readonly index: number;
  readonly locationIds: readonly string[];
}

/** Units that a line takes in all. */
export const takenOf = ({ choices }: Found): number => choices.reduce((sum, { taken }) => sum + taken, 0);

/** Where a product lies at a location. */
export const placeOf = (draft: Draft, productId: string, locationId: string): ItemPlace => ({
  partition: partitionOf(productId, draft.partitionCount),
  productId,
  locationId,
});
