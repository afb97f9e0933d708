/** Folds the entries of products, locations and channels: of each the last document, as a digest, and what else its row holds. */
import { hash } from "node:crypto";
import { lifeStates } from "@onhand/protocol/vocabulary";
import type { Versioned } from "../../core/catalogue/catalogue.ts";
import { evolve } from "../../core/evolve.ts";
import type { Entry } from "../../core/record/entry.ts";
import { namesOf, subjectOf } from "./entry-rules.ts";
import type { FaultList } from "./report.ts";

export interface FoldedDocument extends Versioned {
  /** Digest of the document's JSON. */
  readonly digest: string;
}

/** @returns a digest that only spacing and other spellings of the same JSON leave unchanged */
export const digestOf = (document: unknown): string => hash("sha256", JSON.stringify(document) ?? "", "base64url");

export class CatalogueFold {
  readonly products = new Map<string, FoldedDocument>();
  readonly locations = new Map<string, FoldedDocument>();
  readonly channels = new Map<string, FoldedDocument>();
  readonly #faults: FaultList;
  readonly #fromSequence: number;

  /** @param fromSequence the trusted position: what was there before is not known, so its version is taken as it is */
  constructor(faults: FaultList, fromSequence: number) {
    this.#faults = faults;
    this.#fromSequence = fromSequence;
  }

  visit(entry: Entry): void {
    const { documents, id } = this.#placeOf(entry);
    const before = documents.get(id);
    const version = before === undefined && this.#fromSequence > 0 ? entry.version : (before?.version ?? 0) + 1;
    if (entry.version !== version) {
      const found = String(entry.version);
      this.#faults.add("version", { ...namesOf(entry), expected: String(version), found });
    }
    const after = documentAfter(entry);
    if (after === null) {
      this.#faults.add("value", { ...namesOf(entry), expected: "a document with its life", found: entry.detail! });
    }
    documents.set(id, after ?? { version: entry.version, life: "active", createdAtMs: 0, updatedAtMs: 0, digest: "" });
  }

  #placeOf(entry: Entry): { documents: Map<string, FoldedDocument>; id: string } {
    switch (subjectOf(entry.kind)) {
      case "product":
        return { documents: this.products, id: entry.productId! };
      case "location":
        return { documents: this.locations, id: entry.locationId! };
      default:
        return { documents: this.channels, id: channelIdOf(entry) };
    }
  }
}

/** A channel is named in the detail alone. */
function channelIdOf({ detail }: Entry): string {
  const { channelId } = JSON.parse(detail!) as { channelId?: unknown };
  return typeof channelId === "string" ? channelId : "";
}

function documentAfter(entry: Entry): FoldedDocument | null {
  try {
    const effect = evolve(entry);
    const found =
      effect.kind === "product"
        ? effect.product
        : effect.kind === "location"
          ? effect.location
          : effect.kind === "channel"
            ? effect.channel
            : null;
    if (found === null) return null;
    const { document, version, life, createdAtMs, updatedAtMs } = found;
    const isDocument = typeof document === "object" && document !== null;
    if (!isDocument || !lifeStates.includes(life) || !Number.isSafeInteger(createdAtMs)) return null;
    return { version, life, createdAtMs, updatedAtMs, digest: digestOf(document) };
  } catch {
    return null;
  }
}
