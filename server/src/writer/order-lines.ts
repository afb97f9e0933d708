/**
 * How many entries a command about orders may append, by the lines it concerns. What is due of other orders at the same
 * items comes on top, and has a limit of its own (`orderLimits.dueLinesMax`).
 */
import type { Channel } from "../core/catalogue/catalogue.ts";
import type { ReservationCommand, ReserveCommand, ReserveLine, TransferActionCommand } from "../core/command.ts";
import { orderLimits } from "../core/orders/order.ts";

/** From where groups and channels are served. */
export interface Offers {
  locationsOfGroup(group: string): readonly string[];
  channel(channelId: string): Channel | null;
  locationsOfChannel(channel: Channel): readonly string[];
}

/** Lines that sourcing may make of those that are asked for, and those of older reservations that give way. */
export function linesOfReserve(command: ReserveCommand, offers: Offers | null): number {
  const { lines, channelId, olderLines } = command;
  let made = lines.length;
  if (lines.some(({ locationId }) => locationId === null)) {
    const channel = channelId === null ? null : (offers?.channel(channelId) ?? null);
    const ofChannel = channel === null ? orderLimits.candidatesMax : offers!.locationsOfChannel(channel).length;
    made = lines.reduce((sum, line) => sum + partsOf(line, ofChannel, offers), 0);
  }
  return Math.min(made, orderLimits.linesMax) + Math.min(olderLines, orderLimits.supersededLinesMax);
}

/** Lines that one line may become: no more than it has units, or locations to take them from. */
function partsOf(
  { locationId, locationGroup, quantity }: ReserveLine,
  ofChannel: number,
  offers: Offers | null,
): number {
  if (locationId !== null) return 1;
  const ofGroup = locationGroup === null ? null : offers?.locationsOfGroup(locationGroup).length;
  return Math.max(1, Math.min(quantity, ofChannel, ofGroup ?? orderLimits.candidatesMax));
}

/** Entries that something done with an order may take. */
export function linesOfAction(command: ReservationCommand | TransferActionCommand): number {
  const { action, lineCount, partitions } = command;
  const named = "lines" in action ? action.lines?.length : undefined;
  if (command.kind === "reservation") {
    // Whatever is asked of it, its time may be over: then each of its lines goes back.
    const goesOn = action.kind === "commit" && action.releasesRest;
    return lineCount + (goesOn ? (named ?? 0) : 0);
  }
  if (action.kind === "reschedule") return partitions.length;
  // Units that are shipped leave here, and are expected there; what is called off was held, or on its way back.
  const closes = action.kind === "receive" && action.closes;
  return 2 * (named ?? lineCount) + (closes ? lineCount : 0);
}
