/** The command that says of a movement that it is unusual: always the same one for the same movement. */
import { hash } from "node:crypto";
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { NoticeCommand } from "../core/command.ts";
import { systemActor } from "../core/inventory/movement.ts";
import type { SealedEntry } from "../core/record/entry.ts";
import { formatMovementId } from "../core/record/ids.ts";
import type { Finding } from "./judge.ts";

/** What comes from a source is remembered for ever, so that a movement is told of once however late it is looked at again. */
const source = "unusual";

const digestDigits = 32;

/** @param entry of an item, with product and location */
export function noticeOf(entry: SealedEntry, { reason, figures }: Finding): NoticeCommand {
  const movementId = formatMovementId(entry.partition, entry.sequence);
  const digest = (text: string): string => hash("sha256", text, "hex").slice(0, digestDigits);
  return {
    kind: "notice",
    entryKind: entryKinds.inventoryUnusual,
    productId: entry.productId!,
    locationId: entry.locationId!,
    about: entry.sequence,
    reason,
    figures,
    // No caller's key is digested with this in front: theirs begin with the id of an API key.
    key: digest(`${systemActor}\nunusual\n${movementId}`),
    // Words and numbers may be others by then; it is the same request as long as it is about the same movement.
    requestHash: digest(`unusual\n${movementId}`),
    actor: systemActor,
    source,
    requestId: entry.requestId,
    traceparent: entry.traceparent,
  };
}
