/** Sourcing policies by name. An installation's own ones are added at start, before anything is decided. */
import { fewestParcels } from "./fewest-parcels.ts";
import { mostStock } from "./most-stock.ts";
import type { SourcingPolicy } from "./policy.ts";
import { priority } from "./priority.ts";

const policies = new Map<string, SourcingPolicy>();
for (const policy of [priority, mostStock, fewestParcels]) addSourcingPolicy(policy);

/** @throws when there is one of that name: requests must mean the same everywhere */
export function addSourcingPolicy(policy: SourcingPolicy): void {
  if (policies.has(policy.name)) throw new Error(`there is already a sourcing policy ${policy.name}`);
  policies.set(policy.name, policy);
}

/** @returns null when nobody added one of that name */
export const sourcingPolicy = (name: string): SourcingPolicy | null => policies.get(name) ?? null;

/** Names of all there are: ours first, then those that were added. */
export const sourcingPolicyNames = (): readonly string[] => [...policies.keys()];
