/** From what a caller says to a follower of the feed: where to begin, and which events it wants. */
import { Timestamp } from "@onhand/protocol/schema";
import { eventTypes } from "@onhand/protocol/vocabulary";
import type { PositionVector } from "../../core/record/position-vector.ts";
import type { CursorCodec } from "../../feed/cursor.ts";
import type { Feed } from "../../feed/feed.ts";
import { type FeedReader, PositionLost } from "../../feed/feed-reader.ts";
import type { FeedFilter } from "../../feed/filter.ts";
import type { Follower } from "../../feed/follower.ts";
import { ProblemError } from "../../host/problem.ts";
import { Check } from "../../host/validation.ts";
import { parseRfc3339Ms } from "../../lib/rfc3339.ts";
import { problemOfLostPosition } from "../rest/common.ts";
import { streamLimits } from "./stream-limits.ts";

/** What following the feed takes. */
export interface FeedAccess {
  readonly feed: Pick<Feed, "follow">;
  readonly feedReader: Pick<FeedReader, "beginning" | "positionAt" | "heads">;
  readonly cursors: CursorCodec;
}

const time = new Check(Timestamp("A time"));

/** @param field that the text came in, for the answer @throws ProblemError 400 */
export async function placeOf(access: FeedAccess, field: string, text: string): Promise<PositionVector> {
  if (time.accepts(text)) return access.feedReader.positionAt(parseRfc3339Ms(text));
  const vector = access.cursors.parse(text);
  if (vector !== null) return vector;
  const message = "is neither an RFC 3339 time nor a cursor of this server";
  throw new ProblemError(
    "validation_failed",
    `${field} ${message}. Use a cursor exactly as it was given out, or a time with an offset.`,
    { errors: [{ pointer: `/${field}`, message }] },
  );
}

/** @throws ProblemError 410 when the place cannot be read from any more */
export async function follow(access: FeedAccess, from: PositionVector, filter: FeedFilter): Promise<Follower> {
  try {
    return await access.feed.follow(from, filter);
  } catch (error) {
    throw problemOfLost(access, error);
  }
}

/** @returns the problem when a place is lost, else the error as it is */
export function problemOfLost(access: FeedAccess, error: unknown): unknown {
  return error instanceof PositionLost ? problemOfLostPosition(access.cursors, error) : error;
}

const queryFields = {
  productIds: "productId",
  skus: "sku",
  locationIds: "locationId",
  locationGroups: "locationGroup",
  channelIds: "channelId",
  types: "types",
} as const;

/**
 * The filter in a query string, lists with commas. One that is there and names nothing is refused: whoever made it of an
 * empty list would get everything.
 * @throws ProblemError 400
 */
export function filterOfQuery(query: Readonly<Record<string, unknown>>): FeedFilter {
  const list = (field: string): string[] => {
    const text = query[field] as string | undefined;
    if (text === undefined) return [];
    const values = text.split(",").filter((value) => value !== "");
    if (values.length === 0) refuse(`/${field}`, "names nothing", "Name what you want to hear of, or leave it out.");
    return values;
  };
  return checkedFilter(
    {
      productIds: list(queryFields.productIds),
      skus: list(queryFields.skus),
      locationIds: list(queryFields.locationIds),
      locationGroups: list(queryFields.locationGroups),
      channelIds: list(queryFields.channelIds),
      types: list(queryFields.types),
    },
    (field) => `/${queryFields[field]}`,
  );
}

/** The filter as it is written in JSON, with `types` beside it. @throws ProblemError 400 */
export function filterOfJson(
  filter: Partial<Omit<FeedFilter, "types">> = {},
  types: readonly string[] = [],
): FeedFilter {
  const { productIds = [], skus = [], locationIds = [], locationGroups = [], channelIds = [] } = filter;
  return checkedFilter({ productIds, skus, locationIds, locationGroups, channelIds, types }, (field) =>
    field === "types" ? "/types" : `/filter/${field}`,
  );
}

const knownTypes: readonly string[] = Object.values(eventTypes);

const isKnownType = (type: string): boolean =>
  type.endsWith("*") ? knownTypes.some((known) => known.startsWith(type.slice(0, -1))) : knownTypes.includes(type);

function refuse(pointer: string, message: string, advice: string): never {
  throw new ProblemError("validation_failed", `${pointer.slice(1)} ${message}. ${advice}`, {
    errors: [{ pointer, message }],
  });
}

function checkedFilter(filter: FeedFilter, pointerOf: (field: keyof FeedFilter) => string): FeedFilter {
  for (const [field, values] of Object.entries(filter) as [keyof FeedFilter, readonly string[]][]) {
    if (values.length > streamLimits.filterValuesMax)
      refuse(
        pointerOf(field),
        `has more than ${streamLimits.filterValuesMax} values`,
        "Open several streams, or filter less.",
      );
  }
  const unknown = filter.types.find((type) => !isKnownType(type));
  if (unknown !== undefined)
    refuse(
      pointerOf("types"),
      `names no type of event: ${unknown}`,
      `Use some of ${knownTypes.join(", ")}, or inventory.*`,
    );
  return filter;
}
