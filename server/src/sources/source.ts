/** A source as it is registered, and what it comes to for the lines that it sends. Pure. */
import type { CreateSource, PatchSource, SourceSignature } from "@onhand/protocol/sources";
import { sourceDefaults } from "@onhand/protocol/sources";
import type { RequestContext } from "../commands/request-context.ts";
import type { IntakeMode, IntakeOrigin } from "../intake/intake-line.ts";

export interface SourceDocument {
  readonly name: string;
  readonly kind: string;
  readonly mode: IntakeMode;
  readonly role: "stock" | "statements";
  readonly trust: number;
  readonly freshForSeconds: number;
  readonly locationIds: readonly string[];
  readonly channelId: string | null;
  readonly echoWindowSeconds: number;
  readonly timezone: string | null;
  readonly signature: SourceSignature;
  /** Where its payloads are sent to, as the platform knows it; null for the address of the request. */
  readonly payloadUrl: string | null;
}

export interface RegisteredSource {
  readonly sourceId: string;
  readonly document: SourceDocument;
  readonly isArchived: boolean;
  readonly version: number;
  /** The version of its mapping that payloads go through; null when it sends lines of ours. */
  readonly mappingVersion: number | null;
}

/** A whole document; what is absent takes its default. */
export function sourceDocument({ sourceId: _, ...body }: CreateSource): SourceDocument {
  return { ...sourceDefaults, ...body } as SourceDocument;
}

/** The document after a change of some fields. */
export function changedDocument(document: SourceDocument, { status: _, ...fields }: PatchSource): SourceDocument {
  return { ...document, ...fields } as SourceDocument;
}

/** @returns the origin of what a source sends in a request */
export function originOfSource({ sourceId, document }: RegisteredSource, context: RequestContext): IntakeOrigin {
  return {
    kind: "source",
    id: sourceId,
    label: `source:${sourceId}`,
    mode: document.mode,
    trust: document.trust,
    freshForMs: document.freshForSeconds * 1_000,
    isStatementOnly: document.role === "statements",
    codesOf: sourceId,
    echoWindowMs: document.echoWindowSeconds * 1_000,
    channelId: document.channelId,
    context,
  };
}
