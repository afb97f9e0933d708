/** Calls that tests of what sources send have in common. */
import { expect } from "bun:test";
import { createHmac } from "node:crypto";
import type { Json, TestServer } from "../rest/support.ts";

/** @param serverOf the server of the test, once it is there */
export function sourceCalls(serverOf: () => TestServer) {
  const register = async (sourceId: string, fields: object = {}): Promise<string> => {
    const { status } = await serverOf().admin.post("/v1/sources", { sourceId, name: sourceId, ...fields });
    expect(status).toBe(201);
    return `/v1/sources/${sourceId}`;
  };
  return {
    /** Registers a source. @returns its path */
    register,
    /** Registers one with a mapping. @returns its path */
    async mapped(sourceId: string, mapping: object, fields: object = {}): Promise<string> {
      const path = await register(sourceId, fields);
      const { status, body } = await serverOf().admin.post(`${path}/mappings`, mapping);
      expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
      return path;
    },
    /** Says what a product and a location are called. */
    codes: (path: string, product: Json, location: Json, productId = "soap") =>
      serverOf().writer.post(`${path}/codes`, {
        codes: [
          { kind: "product", code: product, targetId: productId },
          { kind: "location", code: location, targetId: "shop" },
        ],
      }),
    async levelOf(productId: string): Promise<number> {
      const { body } = await serverOf().reader.get(`/v1/inventory?productId=${productId}&locationId=shop`);
      return body.data[0]?.stockLevel ?? 0;
    },
  };
}

/** A signature as platforms make them. */
export function hmac(secret: string, ...parts: readonly string[]): string {
  const digest = createHmac("sha256", secret);
  for (const part of parts) digest.update(part);
  return digest.digest("base64");
}
