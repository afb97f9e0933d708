/** Work that one server does at a time: a row for each, with a token that rises whenever the holder changes. */
import type { Statement } from "../../db/pool.ts";

/**
 * Takes a duty that is free, whose holder has not renewed it in time, or that is the holder's own: after a renewal whose
 * answer was lost it need not wait for itself. No row when another server has it.
 */
export const claimDuty = (name: string, holder: string, leaseMs: number): Statement => ({
  name: "duty_claim",
  text: `INSERT INTO duty (name, holder, token, lease_until) VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = duty.token + 1, lease_until = excluded.lease_until
         WHERE duty.holder IS NULL OR duty.holder = excluded.holder OR duty.lease_until < clock_timestamp()
         RETURNING token`,
  values: [name, holder, leaseMs],
});

/** Extends a duty; no row when it is another server's by now. */
export const renewDuty = (name: string, token: number, leaseMs: number): Statement => ({
  name: "duty_renew",
  text: `UPDATE duty SET lease_until = clock_timestamp() + $3 * interval '1 millisecond'
         WHERE name = $1 AND token = $2 AND holder IS NOT NULL RETURNING token`,
  values: [name, token, leaseMs],
});

/** Gives a duty back. */
export const releaseDuty = (name: string, token: number): Statement => ({
  text: "UPDATE duty SET holder = NULL, lease_until = NULL WHERE name = $1 AND token = $2",
  values: [name, token],
});
