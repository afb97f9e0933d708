/** Which partitions a command's group must lock, and how much of a group it fills. */
import type { Command, InventoryCommand, ProductCommand, ProductName } from "../core/command.ts";
import { momentsOfCount } from "../core/inventory/containment.ts";
import { controlPartition, partitionOf } from "../core/record/partition.ts";
import { itemKey } from "../core/state.ts";
import type { Place } from "./job.ts";
import { linesOfAction, linesOfReserve, type Offers } from "./order-lines.ts";
import { partitionOfOrder } from "./order-place.ts";

/**
 * @param offers locations of groups and channels; null when they are not known yet
 * @returns partitions that a command concerns, ascending, and where its outcome is remembered
 */
export function placeOf(command: Command, partitionCount: number, offers: Offers | null = null): Place {
  switch (command.kind) {
    case "inventory":
      return placeOfInventory(command, partitionCount);
    case "product":
      return placeOfProduct(command, partitionCount);
    case "location":
      return placeOfLocation(command.operation.kind === "delete", partitionCount);
    case "channel":
      return { partitions: [controlPartition], resultPartition: controlPartition, size: 1, weight: 1, isSolo: false };
    case "channel-refresh":
      return among([command.partition], command.partition, command.products.length);
    case "notice": {
      const partition = partitionOf(command.productId, partitionCount);
      return among([partition], partition, 1);
    }
    case "record":
      return among([command.partition], command.partition, 1);
    case "reserve": {
      const own = command.lines.map((line) => partitionOf(line.productId, partitionCount));
      const first = resultPartitionOf(command.lines[0]!, partitionCount);
      return among([...own, ...command.alsoPartitions], first, linesOfReserve(command, offers));
    }
    case "transfer": {
      const own = command.lines.map((line) => partitionOf(line.productId, partitionCount));
      return among(own, resultPartitionOf(command.lines[0]!, partitionCount), command.lines.length);
    }
    case "reservation":
    case "transfer-action": {
      const home = partitionOfOrder(command.orderId, partitionCount) ?? controlPartition;
      return among([home, ...command.partitions], home, linesOfAction(command));
    }
    case "expire": {
      const home = (orderId: string): number => partitionOfOrder(orderId, partitionCount) ?? controlPartition;
      const partitions = command.orders.flatMap((order) => [home(order.orderId), ...order.partitions]);
      const lines = command.orders.reduce((sum, order) => sum + order.lineCount, 0);
      return among(partitions, partitions[0] ?? controlPartition, lines);
    }
  }
}

/** @param entries that are expected, at least one is counted */
function among(partitions: readonly number[], resultPartition: number, entries: number): Place {
  const weight = Math.max(1, entries);
  const distinct = partitions.length === 1 ? partitions : [...new Set(partitions)].sort((a, b) => a - b);
  return { partitions: distinct, resultPartition, size: weight, weight, isSolo: false };
}

/** What was asked by SKU is remembered by SKU: it may belong to another product when it is asked again. */
const resultPartitionOf = ({ sku, productId }: ProductName, partitionCount: number): number =>
  partitionOf(sku ?? productId, partitionCount);

function placeOfProduct({ productId, operation }: ProductCommand, partitionCount: number): Place {
  const partition = partitionOf(productId, partitionCount);
  // A creation is remembered by its SKU: the server may make another product id at each try.
  const resultPartition = operation.kind === "create" ? partitionOf(operation.document.sku, partitionCount) : partition;
  return { partitions: [partition], resultPartition, size: 1, weight: 1, isSolo: operation.kind === "delete" };
}

/** A deletion holds every head, so that no stock can arrive at the location while it is decided. */
function placeOfLocation(isDeletion: boolean, partitionCount: number): Place {
  const partitions = isDeletion
    ? Array.from({ length: partitionCount + 1 }, (_, partition) => partition)
    : [controlPartition];
  return { partitions, resultPartition: controlPartition, size: 1, weight: 1, isSolo: isDeletion };
}

function placeOfInventory({ lines, key, isRememberedByKey }: InventoryCommand, partitionCount: number): Place {
  const resultPartition =
    isRememberedByKey === true ? partitionOf(key, partitionCount) : resultPartitionOf(lines[0]!, partitionCount);
  const own = lines.map((line) => partitionOf(line.productId, partitionCount));
  return { ...among(own, resultPartition, lines.length), ...weightOfCounts(lines) };
}

/** What lines weigh, and which items are walked back for those that are counts. */
function weightOfCounts(lines: InventoryCommand["lines"]): Pick<Place, "weight" | "walked"> {
  let weight = 0;
  let walked: Set<string> | null = null;
  for (const { change, clock, productId, locationId } of lines) {
    const moments = momentsOfCount(change, clock).length;
    weight += Math.max(1, moments);
    if (moments > 0) walked = (walked ?? new Set()).add(itemKey(productId, locationId));
  }
  return walked === null ? { weight } : { weight, walked: [...walked] };
}
