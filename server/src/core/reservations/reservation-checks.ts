/** What a request for a reservation must get right before anything is looked for. */
import type { Channel } from "../catalogue/catalogue.ts";
import type { ReserveCommand, ReserveLine } from "../command.ts";
import { candidateLocations, candidatesOf } from "../needs.ts";
import { orderLimits } from "../orders/order.ts";
import { archived, checkItem, checkLocation, checkProduct, foremost } from "../orders/order-checks.ts";
import { partitionOf } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import { sourcingPolicy, sourcingPolicyNames } from "../sourcing/policies.ts";
import type { Draft } from "../state.ts";

/** @returns the foremost reason to refuse, or null */
export function checkReserve(draft: Draft, command: ReserveCommand): Rejection | null {
  // Before all else: where there are too many items, none of them was loaded.
  const tooMany = checkSize(draft, command);
  if (tooMany !== null) return tooMany;
  const channel = command.channelId === null ? null : draft.channel(command.channelId);
  let refusal = command.channelId === null ? null : checkChannel(channel, command.channelId);
  const usableChannel = refusal === null ? channel : null;
  const { lines } = command;
  for (let index = 0; index < lines.length; index++) {
    refusal = foremost(refusal, checkLine(draft, command, lines[index]!, index, usableChannel));
  }
  return refusal ?? checkPolicy(command);
}

function checkSize(draft: Draft, command: ReserveCommand): Rejection | null {
  const { candidatesPerRequestMax } = orderLimits;
  const candidates = candidatesOf(command, draft);
  if (candidates <= candidatesPerRequestMax) return null;
  const detail = `The ${command.lines.length} lines could be taken from ${candidates} places, counted line by line, and ${candidatesPerRequestMax} at most can be weighed. Ask for fewer lines at a time, name locations or smaller groups.`;
  return { code: "validation_failed", line: 0, pointer: "/lines", detail };
}

function checkChannel(channel: Channel | null, channelId: string): Rejection | null {
  if (channel === null || channel.life === "deleted") {
    const detail = `There is no channel ${channelId}. Create it with POST /v1/channels first.`;
    return { code: "not_found", line: 0, pointer: "/channelId", detail };
  }
  return channel.life === "archived" ? archived(`Channel ${channelId}`, 0) : null;
}

function checkLine(
  draft: Draft,
  command: ReserveCommand,
  line: ReserveLine,
  index: number,
  channel: Channel | null,
): Rejection | null {
  const { productId, locationId } = line;
  const partition = partitionOf(productId, draft.partitionCount);
  let refusal = checkProduct(draft, line, partition, index);
  if (locationId === null) refusal = foremost(refusal, checkSource(draft, command, line, index));
  else refusal = foremost(refusal, checkLocation(draft, locationId, index, `/lines/${index}/locationId`));
  const outside = channel === null ? null : checkOffer(draft, line, index, channel);
  // An item that the channel has nothing to do with was not looked up.
  if (locationId === null || outside !== null) return foremost(refusal, outside);
  return foremost(refusal, checkItem(draft, partition, productId, locationId, index));
}

/** A line without a location must lead to some. */
function checkSource(draft: Draft, command: ReserveCommand, line: ReserveLine, index: number): Rejection | null {
  const { locationGroup } = line;
  const pointer = `/lines/${index}/${locationGroup === null ? "locationId" : "locationGroup"}`;
  if (locationGroup === null && command.channelId === null) {
    const detail = "The line does not say from where. Name a locationId, a locationGroup, or the request's channelId.";
    return { code: "validation_failed", line: index, pointer, detail };
  }
  if (locationGroup !== null && draft.locationsOfGroup(locationGroup).length === 0) {
    const detail = `No location in use belongs to a group ${locationGroup}. Put it into the groups of a location first.`;
    return { code: "not_found", line: index, pointer, detail };
  }
  const candidates = candidateLocations(command, line, draft).length;
  if (candidates <= orderLimits.candidatesMax) return null;
  const detail = `The line may be taken from ${candidates} locations, ${orderLimits.candidatesMax} at most can be weighed. Name a smaller group.`;
  return { code: "validation_failed", line: index, pointer, detail };
}

/** A channel sells its own products from its own locations. */
function checkOffer(draft: Draft, line: ReserveLine, index: number, channel: Channel): Rejection | null {
  const { productId, locationId, locationGroup } = line;
  const { products } = channel.document;
  if (products !== null && !products.includes(productId)) {
    return offLimits(index, line.isFoundBySku === true ? "sku" : "productId", channel, `does not sell ${productId}`);
  }
  if (locationId !== null && !draft.locationsOfChannel(channel).includes(locationId)) {
    return offLimits(index, "locationId", channel, `takes nothing from location ${locationId}`);
  }
  const { channelId } = channel;
  if (locationGroup !== null && candidateLocations({ channelId }, line, draft).length === 0) {
    return offLimits(index, "locationGroup", channel, `takes nothing from group ${locationGroup}`);
  }
  return null;
}

const offLimits = (line: number, field: string, { channelId }: Channel, what: string): Rejection => ({
  code: "validation_failed",
  line,
  pointer: `/lines/${line}/${field}`,
  detail: `Channel ${channelId} ${what}. Change the channel, or leave channelId out.`,
});

function checkPolicy({ sourcing }: ReserveCommand): Rejection | null {
  if (sourcingPolicy(sourcing) !== null) return null;
  const detail = `There is no sourcing policy ${sourcing}. Name one of ${sourcingPolicyNames().join(", ")}.`;
  return { code: "validation_failed", line: 0, pointer: "/sourcing/policy", detail };
}
