/** What every check has in common: pages of what is compared, and a second look at one thing. */
import type { CheckKind } from "@onhand/protocol/reconciliation";
import type { Examined, Subject } from "./difference.ts";

/** What is looked at; null for everything. */
export interface Scope {
  readonly productId: string | null;
  readonly locationId: string | null;
  readonly sourceId: string | null;
}

export const everything: Scope = { productId: null, locationId: null, sourceId: null };

/** Something that may differ: it is looked at again before anybody is told. */
export interface Suspect {
  readonly subject: Subject;
  /** Of an entry that shows it, where one does. */
  readonly sequence: number | null;
}

/** What one small statement looked at. */
export interface Page {
  readonly kinds: readonly CheckKind[];
  readonly checked: number;
  readonly suspects: readonly Suspect[];
}

/** One or several checks that are done in one go through the rows. */
export interface Check {
  readonly kinds: readonly CheckKind[];
  /** Pages, each read when it is asked for, so that whoever asks decides how fast it goes. */
  pages(scope: Scope): AsyncGenerator<Page, void, void>;
  /** Looks at one thing as it is now. @param sequence of an entry that showed a difference before, or null */
  examine(subject: Subject, sequence: number | null): Promise<Examined>;
}
