/** Calls on what sources send, and on the mappings that read it. */
import Type from "typebox";
import * as mappings from "../mappings.ts";
import { Page } from "../resources.ts";
import { act, closed, create, type Operation, paging, read } from "./shared.ts";

const source = "/v1/sources/{sourceId}";

export const mappingOperations = {
  sendSourceEvents: {
    ...act,
    path: `${source}/events`,
    summary:
      "Send lines of a source, or a payload of its platform: each operation once for ever, with a verdict per line",
    body: mappings.SourceLines,
    response: mappings.SourceAnswer,
    takesPayload: true,
  },
  listReadyMappings: {
    ...read,
    path: "/v1/mappings",
    summary: "List the mappings that are there already",
    response: mappings.ReadyMappings,
  },
  listSourceMappings: {
    ...read,
    path: `${source}/mappings`,
    summary: "List the mappings that a source had, the newest first",
    query: Type.Object(paging, closed),
    response: Page(mappings.SourceMapping),
  },
  createSourceMapping: {
    ...create,
    right: "admin",
    path: `${source}/mappings`,
    summary: "Add a version of a source's mapping, and use it; payloads that wait are read with it",
    body: mappings.CreateSourceMapping,
    response: mappings.SourceMapping,
  },
  dryRunSourceMapping: {
    ...act,
    writes: false,
    path: `${source}/mappings/dry-run`,
    summary: "See what a mapping makes of a payload; nothing is changed",
    body: mappings.DryRunSourceMapping,
    response: mappings.MappingDryRun,
  },
  useSourceMapping: {
    ...act,
    right: "admin",
    path: `${source}/mappings/use`,
    summary: "Have payloads of a source go through a version of its mapping, or through none",
    body: mappings.UseSourceMapping,
    response: mappings.UseSourceMapping,
  },
  listKeptPayloads: {
    ...read,
    right: "writer",
    path: `${source}/payloads`,
    summary: "List payloads of a source that no mapping could read, the longest waiting first",
    query: Type.Object(paging, closed),
    response: Page(mappings.KeptPayload),
  },
  retryKeptPayloads: {
    ...act,
    path: `${source}/payloads/retry`,
    summary: "Read payloads that wait again, up to 100 at once",
    body: mappings.RetryKeptPayloads,
    response: mappings.RetriedKeptPayloads,
  },
  discardKeptPayload: {
    ...act,
    method: "DELETE",
    path: `${source}/payloads/{payloadId}`,
    summary: "Give up a payload that waits",
    response: null,
    status: 204,
  },
} as const satisfies Record<string, Operation>;
