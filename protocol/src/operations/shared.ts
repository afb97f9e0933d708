/** What the tables of calls have in common: the form of a call, and the parts that many of them share. */
import Type from "typebox";
import type { Role } from "../vocabulary.ts";

export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with `{parameters}`. */
  readonly path: string;
  readonly summary: string;
  /** Weakest role that may call it; null for everyone. Finer rights will be declared here. */
  readonly right: Role | null;
  readonly query?: Type.TObject;
  /** Of several forms the one that a body comes closest to says what is wrong with it. */
  readonly body?: Type.TObject | Type.TUnion<Type.TObject[]>;
  readonly response: Type.TSchema | null;
  readonly status: 101 | 200 | 201 | 204;
  /** Another status of the same answer: nothing was made, for that was all that was asked. */
  readonly statusOfDryRun?: 200;
  /** Whether the call changes something, and so takes an idempotency key. */
  readonly writes: boolean;
  /** It stays open and is no call with an answer: the client has other means for it. */
  readonly opens?: "event-stream" | "websocket" | "rows";
  /**
   * It also takes whatever a platform sends, as it comes, and lets a signature of that stand for the `Authorization` header: its
   * route reads the bytes and verifies who sent them.
   */
  readonly takesPayload?: true;
  /** Whether `?ticket=` may stand for the `Authorization` header, which browsers cannot send with a stream. */
  readonly takesTicket?: true;
}

export const closed = { additionalProperties: false } as const;
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 2048 })),
};
export const minCursor = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 2048,
    description: "Cursor of the change feed that the answer must have reached; waited for up to 2 seconds",
  }),
);
export const freshness = Type.Object({ minCursor }, closed);
export const status = Type.Optional(Type.String({ enum: ["active", "archived", "all"], default: "active" }));
const archive = Type.Optional(
  Type.Boolean({ description: "Keep it, hidden and closed to changes, instead of removing it" }),
);

export const read = { method: "GET", right: "reader", status: 200, writes: false } as const;
export const create = { method: "POST", right: "writer", status: 201, writes: true } as const;
export const replace = { method: "PUT", right: "writer", status: 200, writes: true } as const;
export const patch = { method: "PATCH", right: "writer", status: 200, writes: true } as const;
export const remove = {
  method: "DELETE",
  right: "writer",
  status: 204,
  writes: true,
  response: null,
  query: Type.Object({ archive }, closed),
} as const;

/** A call that does something with a thing that is there. */
export const act = { method: "POST", right: "writer", status: 200, writes: true } as const;

/** Whether a call lists something page by page, and so also gives all of it, as NDJSON or CSV. */
export const isExportable = ({ method, query, response }: Operation): boolean => {
  const properties = (response as { properties?: Readonly<Record<string, unknown>> } | null)?.properties;
  return method === "GET" && query?.properties.cursor !== undefined && properties?.nextCursor !== undefined;
};
