/** Calls of devices that work offline, and on them. */
import Type from "typebox";
import { Page } from "../resources.ts";
import { Device, SyncAnswer, SyncBatch } from "../sync.ts";
import { act, closed, type Operation, paging, read } from "./shared.ts";

export const syncOperations = {
  syncBatch: {
    ...act,
    path: "/v1/sync/batch",
    summary: "Take the log of a device that worked offline: each operation once for ever, with a verdict per line",
    body: SyncBatch,
    response: SyncAnswer,
  },
  listDevices: {
    ...read,
    path: "/v1/devices",
    summary: "List devices, with what is missing of their logs and how their clocks are",
    query: Type.Object(paging, closed),
    response: Page(Device),
  },
  getDevice: { ...read, path: "/v1/devices/{deviceId}", summary: "Read a device", response: Device },
} as const satisfies Record<string, Operation>;
