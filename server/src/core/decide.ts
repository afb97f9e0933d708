/**
 * The heart: decides commands strictly in order on what is known, and says which entries to append.
 *
 * Pure and synchronous: no clock, no I/O, no randomness. The same state, commands and time always give the same
 * outcomes, so it can be replayed and tested by the million. Before a command is decided, what is due of the items it
 * concerns is released; after it, what it means for thresholds is told; after all of them, what it means for channels, and
 * what was asked for and refused.
 */

import { decideLocation } from "./catalogue/decide-location.ts";
import { decideProduct } from "./catalogue/decide-product.ts";
import { tellChannels } from "./channels/channel-levels.ts";
import { decideChannel } from "./channels/decide-channel.ts";
import { decideChannelRefresh } from "./channels/decide-channel-refresh.ts";
import type { Command } from "./command.ts";
import { raiseAlerts, withAlerts } from "./inventory/alerts.ts";
import { decideInventory } from "./inventory/decide-inventory.ts";
import { decideNotice } from "./inventory/decide-notice.ts";
import { RefusedDemand } from "./inventory/refused-demand.ts";
import { itemsOf } from "./needs.ts";
import { releaseDue } from "./orders/expiry.ts";
import type { Outcome } from "./outcome.ts";
import { decideRecord } from "./record/decide-record.ts";
import { decideExpire, decideReservation } from "./reservations/decide-reservation.ts";
import { decideReserve } from "./reservations/decide-reserve.ts";
import { Draft, type State } from "./state.ts";
import { decideTransfer } from "./transfers/decide-transfer.ts";
import { decideTransferAction } from "./transfers/decide-transfer-action.ts";

export interface Decision {
  /** One for each command, in order. */
  readonly outcomes: readonly Outcome[];
  /** The effects, laid over the state. */
  readonly draft: Draft;
}

/**
 * @param nowMs the database's time read under the locks; recorded times never fall below the heads'
 * @returns an outcome for each command; a refused command changes nothing, but what was due is released and demand that
 * was not met is told
 */
export function decide(state: State, commands: readonly Command[], nowMs: number): Decision {
  const draft = new Draft(state);
  let refused: RefusedDemand | null = null;
  const outcomes = commands.map((command) => {
    if (draft.hasDue) for (const item of itemsOf(command, draft)) releaseDue(draft, command, item, nowMs);
    const decided = decideOne(draft, command, nowMs);
    const outcome = raiseAlerts(draft, command, nowMs) ? withAlerts(draft, decided) : decided;
    if (outcome.kind === "rejected" && outcome.rejection.code === "insufficient_stock") {
      refused ??= new RefusedDemand();
      refused.note(draft, command, outcome.rejection);
    }
    return outcome;
  });
  tellChannels(draft, nowMs);
  (refused as RefusedDemand | null)?.tell(draft, nowMs);
  return { outcomes, draft };
}

function decideOne(draft: Draft, command: Command, nowMs: number): Outcome {
  switch (command.kind) {
    case "inventory":
      return decideInventory(draft, command, nowMs);
    case "product":
      return decideProduct(draft, command, nowMs);
    case "location":
      return decideLocation(draft, command, nowMs);
    case "channel":
      return decideChannel(draft, command, nowMs);
    case "channel-refresh":
      return decideChannelRefresh(draft, command, nowMs);
    case "notice":
      return decideNotice(draft, command, nowMs);
    case "record":
      return decideRecord(draft, command, nowMs);
    case "reserve":
      return decideReserve(draft, command, nowMs);
    case "reservation":
      return decideReservation(draft, command, nowMs);
    case "expire":
      return decideExpire(draft, command, nowMs);
    case "transfer":
      return decideTransfer(draft, command, nowMs);
    case "transfer-action":
      return decideTransferAction(draft, command, nowMs);
  }
}
