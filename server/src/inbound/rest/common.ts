/** Small things that several routes share. */
import { lifeStates } from "@onhand/protocol/vocabulary";
import { limits } from "../../core/limits.ts";
import type { CursorCodec } from "../../feed/cursor.ts";
import type { PositionLost } from "../../feed/feed-reader.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call } from "../../host/route.ts";

export const ordinaryBodyBytesMax = limits.bodyBytesMax;
export const bulkBodyBytesMax = limits.bulkBodyBytesMax;

/** Which states of life a `status` parameter shows. */
export function livesOf(status: unknown): number[] {
  const shown =
    status === "all" ? (["active", "archived"] as const) : ([status === "archived" ? "archived" : "active"] as const);
  return shown.map((life) => lifeStates.indexOf(life));
}

/** A creation has nothing before it that could be matched. @throws ProblemError 400 */
export function refuseIfMatch(call: Call): void {
  if (call.ifMatchVersion === null) return;
  throw new ProblemError("validation_failed", "If-Match does not apply to what is to be created. Leave it out.", {
    errors: [{ pointer: "If-Match", message: "does not apply to a creation" }],
  });
}

/** An id in the body may repeat the one in the path, but not name another. @throws ProblemError 400 */
export function requireSameId(pointer: string, inPath: string, inBody: unknown): void {
  if (inBody === undefined || inBody === inPath) return;
  throw new ProblemError(
    "validation_failed",
    `The body names another id than the path. Ids cannot be changed; leave it out.`,
    { errors: [{ pointer, message: "is not the id in the path" }] },
  );
}

/** Changes below zero are for administrators. @throws ProblemError 403 */
export function requireRightToGoNegative(role: string, allowNegative: boolean | undefined): void {
  if (allowNegative !== true || role === "admin") return;
  throw new ProblemError(
    "forbidden",
    "allowNegative needs a key with the role admin. Leave it out, or use such a key.",
  );
}

/** What a reader is told whose place in the feed is lost: where to begin anew. */
export function problemOfLostPosition(cursors: CursorCodec, lost: PositionLost): ProblemError {
  const snapshot = "/v1/inventory";
  return new ProblemError(
    "cursor_expired",
    `${lost.message}. Take a new snapshot with GET ${snapshot} and go on from its Onhand-Cursor, or read what is left from the cursor in earliest.`,
    { snapshot, earliest: cursors.fromVector(lost.earliest) },
    { cause: lost },
  );
}
