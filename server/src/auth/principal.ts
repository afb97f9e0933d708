/** Who is asking, and what they may do. Rights per location will be added here; every route declares what it needs. */
import { type Role, roles } from "@onhand/protocol/vocabulary";

export interface Principal {
  /** Id of the API key; recorded as the actor of every change. */
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
}

/** @returns whether the principal's role includes the one that is needed */
export function hasRole(principal: Principal, needed: Role): boolean {
  return roles.indexOf(principal.role) >= roles.indexOf(needed);
}
