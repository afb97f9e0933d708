/** Channels: what callers send and what they are shown. */
import Type, { type Static } from "typebox";
import { Closed, Id, Level, NonEmptyText, Nullable, Timestamp } from "./schema.ts";

/** What a channel may hold. */
const channelLimits = { locationsMax: 1_000, groupsMax: 50, productsMax: 5_000, buffersMax: 1_000 } as const;

const idsOf = (what: string, description: string, maxItems: number) =>
  Type.Array(Id(what), { maxItems, uniqueItems: true, description });

const fields = {
  name: NonEmptyText(500),
  locations: idsOf(
    "Location",
    "Locations that it sells from, in the order in which they are taken from",
    channelLimits.locationsMax,
  ),
  locationGroups: idsOf(
    "Group of locations",
    "Groups whose locations it sells from, behind those that are named",
    channelLimits.groupsMax,
  ),
  products: Nullable(
    idsOf("Product", "Products that it sells; null for all that there are and will be", channelLimits.productsMax),
  ),
  buffer: Level("Units of each product that it is not shown, for what it shows lags behind"),
  buffers: Type.Record(Type.String({ pattern: "^[A-Za-z0-9._:-]{1,64}$" }), Level("Units"), {
    additionalProperties: false,
    maxProperties: channelLimits.buffersMax,
    description: "Other buffers, by product",
  }),
};

const optional = {
  locations: Type.Optional(fields.locations),
  locationGroups: Type.Optional(fields.locationGroups),
  products: Type.Optional(fields.products),
  buffer: Type.Optional(fields.buffer),
  buffers: Type.Optional(fields.buffers),
};

const Ignored = Type.Unknown({ description: "Set by the server; ignored here" });
const readOnly = {
  version: Type.Optional(Ignored),
  createdAt: Type.Optional(Ignored),
  updatedAt: Type.Optional(Ignored),
};
const channelId = Type.Optional(Id("Your own id for the channel, or the one in the path"));
const Status = Type.String({ enum: ["active", "archived"] });
const status = Type.Optional(Status);

export const CreateChannel = Closed(
  { channelId, name: fields.name, ...optional, status: Type.Optional(Ignored), ...readOnly },
  "CreateChannel",
);
export type CreateChannel = Static<typeof CreateChannel>;

export const ReplaceChannel = Closed(
  { channelId, name: fields.name, ...optional, status, ...readOnly },
  "ReplaceChannel",
);
export type ReplaceChannel = Static<typeof ReplaceChannel>;

export const PatchChannel = Closed(
  { channelId, name: Type.Optional(fields.name), ...optional, status, ...readOnly },
  "PatchChannel",
);
export type PatchChannel = Static<typeof PatchChannel>;

export const Channel = Type.Object(
  {
    channelId: Id("Id of the channel"),
    name: Type.String(),
    locations: Type.Array(Type.String(), { description: "Locations in the order in which they are taken from" }),
    locationGroups: Type.Array(Type.String(), { description: "Groups of locations, behind the named ones" }),
    products: Nullable(Type.Array(Type.String(), { description: "Products that it sells; null for all" })),
    buffer: Level("Units of each product that are kept from it"),
    buffers: Type.Record(Type.String(), Level("Units"), { description: "Other buffers, by product" }),
    status: Type.String({ enum: ["active", "archived"] }),
    version: Type.Integer({ description: "Changes so far; also the strong ETag" }),
    createdAt: Timestamp("When it was created"),
    updatedAt: Timestamp("When it was last changed"),
  },
  { $id: "Channel" },
);
export type Channel = Static<typeof Channel>;

export const ChannelItem = Type.Object(
  {
    productId: Type.String(),
    sku: Type.String(),
    available: Type.Integer({ description: "Units that the channel may sell" }),
  },
  { $id: "ChannelItem", description: "What a channel may sell of a product" },
);
export type ChannelItem = Static<typeof ChannelItem>;

export const ChannelInventory = Type.Object(
  {
    data: Type.Array(ChannelItem),
    nextCursor: Nullable(Type.String({ description: "Send it as `cursor` for the next page; null on the last" })),
    upToDate: Type.Boolean({
      description: "False while numbers are being made right behind a change of the channel or of locations",
    }),
  },
  { $id: "ChannelInventory" },
);
export type ChannelInventory = Static<typeof ChannelInventory>;
