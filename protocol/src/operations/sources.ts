/** Calls on sources, and on the lines of sources and devices that wait. */
import Type from "typebox";
import * as parked from "../parked.ts";
import { Page } from "../resources.ts";
import { NonEmptyText } from "../schema.ts";
import * as sources from "../sources.ts";
import { act, closed, create, type Operation, paging, patch, read, remove, status } from "./shared.ts";

const source = "/v1/sources/{sourceId}";
const line = "/v1/parked-lines/{parkedId}";
const codeKind = Type.Optional(Type.String({ enum: [...sources.sourceCodeKinds] }));

export const sourceOperations = {
  listSources: {
    ...read,
    path: "/v1/sources",
    summary: "List sources",
    query: Type.Object({ ...paging, status }, closed),
    response: Page(sources.Source),
  },
  createSource: {
    ...create,
    right: "admin",
    path: "/v1/sources",
    summary: "Register a source",
    body: sources.CreateSource,
    response: sources.Source,
  },
  getSource: {
    ...read,
    path: source,
    summary: "Read a source, and when it was heard of last",
    response: sources.Source,
  },
  patchSource: {
    ...patch,
    right: "admin",
    path: source,
    summary: "Change a source, archive it or restore it",
    body: sources.PatchSource,
    response: sources.Source,
  },
  deleteSource: {
    ...remove,
    right: "admin",
    path: source,
    summary: "Remove a source with its codes and statements; its operations stay known",
  },
  listSourceCodes: {
    ...read,
    path: `${source}/codes`,
    summary: "List what a source calls products and locations",
    query: Type.Object(
      {
        ...paging,
        kind: codeKind,
        targetId: Type.Optional(NonEmptyText(64, "Only codes of this product or location")),
      },
      closed,
    ),
    response: Page(sources.SourceCode),
  },
  putSourceCodes: {
    ...act,
    path: `${source}/codes`,
    summary: "Say what codes of a source mean, up to 10,000 at once; lines that waited for them are applied",
    body: sources.PutSourceCodes,
    response: sources.PutSourceCodesResult,
  },
  publishToSource: {
    ...act,
    path: `${source}/publications`,
    summary: "Say which numbers a source was told, so that their echoes are recognised",
    body: sources.PublishToSource,
    response: sources.PublishToSourceResult,
  },
  listSourceStatements: {
    ...read,
    path: `${source}/statements`,
    summary: "List the last level that a source stated of each item",
    query: Type.Object(
      {
        ...paging,
        productId: Type.Optional(NonEmptyText(64, "Only of this product")),
        locationId: Type.Optional(NonEmptyText(64, "Only at this location")),
      },
      closed,
    ),
    response: Page(sources.SourceStatement),
  },
  addSourceSecret: {
    ...act,
    right: "admin",
    path: `${source}/secrets`,
    summary: "Add a secret that a source's payloads are signed with; older ones hold until they are removed",
    body: sources.AddSourceSecret,
    response: sources.Source,
  },
  removeSourceSecret: {
    ...act,
    method: "DELETE",
    right: "admin",
    path: `${source}/secrets/{secretId}`,
    summary: "Remove a secret of a source",
    response: sources.Source,
  },
  listParkedLines: {
    ...read,
    path: "/v1/parked-lines",
    summary: "List lines of sources and devices that could not be applied, the longest waiting first",
    query: Type.Object(
      {
        ...paging,
        state: Type.Optional(Type.String({ enum: [...parked.parkedStates, "all"], default: "open" })),
        originKind: Type.Optional(Type.String({ enum: ["source", "device"] })),
        originId: Type.Optional(NonEmptyText(64)),
        reason: Type.Optional(Type.String({ enum: [...parked.parkedReasons] })),
        code: Type.Optional(NonEmptyText(200)),
        owner: Type.Optional(NonEmptyText(200)),
      },
      closed,
    ),
    response: Page(parked.ParkedLine),
  },
  retryParkedLines: {
    ...act,
    path: "/v1/parked-lines/retry",
    summary: "Try open parked lines again, those that match, up to 1,000 at once",
    body: parked.RetryParkedLines,
    response: parked.RetriedParkedLines,
  },
  getParkedLine: { ...read, path: line, summary: "Read a parked line", response: parked.ParkedLine },
  assignParkedLine: {
    ...act,
    path: `${line}/assign`,
    summary: "Give a parked line to somebody",
    body: parked.AssignParkedLine,
    response: parked.ParkedLine,
  },
  retryParkedLine: {
    ...act,
    path: `${line}/retry`,
    summary: "Try a parked line again",
    response: parked.ParkedLine,
  },
  discardParkedLine: {
    ...act,
    path: `${line}/discard`,
    summary: "Give a parked line up; whoever sends it again hears that it was",
    body: parked.DiscardParkedLine,
    response: parked.ParkedLine,
  },
} as const satisfies Record<string, Operation>;
