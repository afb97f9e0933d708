/** Decides what of a queue may be sent next. Pure. */
import { type Contents, isLine, isWaiting } from "./contents.ts";
import { offlineLimits } from "./limits.ts";
import { Names } from "./order.ts";
import type { StoredCommand, StoredLine } from "./store.ts";

export interface UnderWay {
  /** Ids of commands that are on their way. */
  readonly commands: ReadonlySet<number>;
  /** How many lines a batch may have; null while one is on its way. */
  readonly linesMax: number | null;
}

export interface Plan {
  readonly commands: readonly StoredCommand[];
  /** Lines of the log, in their order. */
  readonly batch: readonly StoredLine[];
  /** Nothing waits. */
  readonly isEmpty: boolean;
}

/**
 * A command goes when nothing before it may be about the same item. A line goes when those before it in the log go, and
 * no command before it may be about the same item: lines need no order among themselves but that of their numbers.
 */
export function plan(contents: Contents, underWay: UnderWay): Plan {
  const commands: StoredCommand[] = [];
  const batch: StoredLine[] = [];
  const commandsBefore = new Names();
  const linesBefore = new Names();
  let isEmpty = true;
  let isBatchOpen = underWay.linesMax !== null;
  let characters = 0;
  let commandsLeft = contents.commandCount;
  for (const entry of contents.entries()) {
    if (!isLine(entry)) commandsLeft -= 1;
    if (!isWaiting(entry)) continue;
    isEmpty = false;
    const item = contents.itemOf(entry.id);
    if (isLine(entry)) {
      characters += charactersOf(entry);
      const hasRoom = batch.length === 0 || characters <= offlineLimits.batchCharactersMax;
      isBatchOpen &&= hasRoom && batch.length < underWay.linesMax! && contents.isStored(entry.id);
      isBatchOpen &&= !commandsBefore.mayConcern(item);
      if (isBatchOpen) batch.push(entry);
      linesBefore.add(item);
      if (!isBatchOpen && commandsLeft === 0) break;
      continue;
    }
    const mustWait = commandsBefore.mayConcern(item) || linesBefore.mayConcern(item);
    commandsBefore.add(item);
    if (mustWait || underWay.commands.has(entry.id) || !contents.isStored(entry.id)) continue;
    if (underWay.commands.size + commands.length < offlineLimits.inFlightMax) commands.push(entry);
  }
  return { commands, batch, isEmpty };
}

const charactersOf = ({ fact }: StoredLine): number => {
  let characters = 150;
  for (const value of Object.values(fact)) characters += 30 + String(value).length;
  return characters;
};
