/** Channels, as callers see them: where something is sold, what, and how much of it is kept back. */
import Type, { type Static } from "typebox";
import { Id, Level, Nullable, Timestamp } from "./schema.ts";

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
