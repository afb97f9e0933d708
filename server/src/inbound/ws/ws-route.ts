/** GET /v1/inventory/ws: the WebSocket. */
import { socketProtocol } from "@onhand/protocol/stream-messages";
import { ProblemError } from "../../host/problem.ts";
import type { Route } from "../../host/route.ts";
import { type WsContext, WsSession } from "./ws-session.ts";

/** The route of the WebSocket. */
export function socketRoute(context: WsContext): Route {
  return {
    operationId: "openSocket",
    bodyBytesMax: 0,
    async handle({ principal, header }) {
      const refuse = (detail: string): ProblemError => new ProblemError("validation_failed", detail);
      if (header("upgrade")?.toLowerCase() !== "websocket")
        throw refuse("This address speaks WebSocket. Open it with a WebSocket client.");
      const offered = (header("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
      if (!offered.includes(socketProtocol))
        throw refuse(`Ask for the subprotocol ${socketProtocol}: new WebSocket(url, ["${socketProtocol}"]).`);
      context.streams.requireOpen("websocket");
      return {
        status: 101,
        body: null,
        socket: new WsSession(context, principal),
        headers: { "sec-websocket-protocol": socketProtocol },
      };
    },
  };
}
