/** The AsyncAPI 3.0 document: the change feed on all its transports, made from the same tables as everything else. */
import Type from "typebox";
import { aboutEvent, eventObject, eventTypeNames, FeedEvent, pingType, sentTypeNames } from "./events.ts";
import { collect } from "./openapi.ts";
import { operations } from "./operations.ts";
import { Page } from "./resources.ts";
import { clientMessages, serverMessages, socketProtocol } from "./stream-messages.ts";

type Json = Record<string, unknown>;

const about = `One ordered feed of every committed change, read any way: polled, as server-sent events, over a WebSocket or by webhooks. Events are CloudEvents 1.0; their cursors are the same on every transport and every server.

What a client may send over the WebSocket, every write of the API as a \`command\` included, is described here as well. The calls themselves are in the OpenAPI document at [/v1/openapi.json](/v1/openapi.json).`;

const cloudEvent = "application/cloudevents+json";
const ref = (path: string): Json => ({ $ref: `#/${path}` });

const UpdatesPage = Page(FeedEvent);
const cursor = Type.String({ description: "Where to go on" });
/** Events of server-sent events that are no CloudEvents. */
const streamMessages = {
  progress: Type.Object({ cursor }, { description: "The place has moved past events that were not asked for" }),
  closing: Type.Object(
    {
      reason: Type.String({ enum: ["shutdown", "slow_reader", "expired", "revoked"] }),
      cursor,
      retryMs: Type.Integer({ description: "When to come back, in milliseconds" }),
    },
    { description: "The server ends the stream" },
  ),
};

const signatureHeaders = {
  "webhook-id": Type.String({ description: "Id of the event: the same at every try and every replay" }),
  "webhook-timestamp": Type.String({ description: "Seconds of the Unix epoch at which this try was made" }),
  "webhook-signature": Type.String({ description: "Standard Webhooks, `v1,` and base64, once for each live secret" }),
};
const WebhookHeaders = Type.Object({
  ...signatureHeaders,
  "webhook-sequence": Type.String({ description: "1, 2, 3 … without a gap within the subscription" }),
  "webhook-feed-cursor": Type.String({ description: "Place in the feed behind the event" }),
  "webhook-supersedes": Type.Optional(
    Type.String({ description: "With the ordering `latest`: sequences of older events that this one stands for" }),
  ),
  traceparent: Type.Optional(Type.String({ description: "W3C trace context of the change, when it had one" })),
});

/** What the server answers to a message, by its type; one that wants no answer is not named. */
const replies: Readonly<Partial<Record<keyof typeof clientMessages, readonly (keyof typeof serverMessages)[]>>> = {
  subscribe: ["subscribed", "error"],
  unsubscribe: ["unsubscribed", "error"],
  command: ["result"],
  ping: ["pong"],
};
const unasked: readonly (keyof typeof serverMessages)[] = ["welcome", "events", "progress", "closing", "error"];

const channelMessages = (channel: string, names: readonly string[]): Json[] =>
  names.map((name) => ref(`channels/${channel}/messages/${name}`));
const toComponents = (names: readonly string[], prefix = ""): Json =>
  Object.fromEntries(names.map((name) => [name, ref(`components/messages/${prefix}${name}`)]));
const capitalised = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`;

/** Messages of the WebSocket; in components their names say that they belong to it. */
const socketName = (name: string): string => `socket.${name}`;

function messages(schemas: Json): Json {
  const named = (name: string, schema: unknown, rest: Json = {}): [string, Json] => {
    schemas[name] = collect(schema, schemas);
    return [name, { name, title: name, ...rest, payload: ref(`components/schemas/${name}`) }];
  };
  const events = eventTypeNames.map((type) =>
    named(type, eventObject(type), { summary: aboutEvent(type), contentType: cloudEvent }),
  );
  const socket = Object.entries({ ...clientMessages, ...serverMessages }).map(([name, schema]) =>
    named(socketName(name), schema),
  );
  const stream = Object.entries(streamMessages).map(([name, schema]) => named(`stream.${name}`, schema));
  return Object.fromEntries([...events, ...socket, ...stream, named("updates.page", UpdatesPage)]);
}

/** Webhooks carry the same events, with headers of their own. */
function webhookMessages(schemas: Json): Json {
  schemas["webhook.headers"] = collect(WebhookHeaders, schemas);
  schemas["webhook.ping.headers"] = collect(Type.Object(signatureHeaders), schemas);
  schemas[pingType] = collect(eventObject(pingType), schemas);
  const messages = sentTypeNames.map((type) => [
    type,
    {
      name: type,
      title: type,
      summary: aboutEvent(type),
      contentType: cloudEvent,
      headers: ref(`components/schemas/${type === pingType ? "webhook.ping.headers" : "webhook.headers"}`),
      payload: ref(`components/schemas/${type}`),
    },
  ]);
  return Object.fromEntries(messages);
}

function channels(schemas: Json): Json {
  const socket = { ...clientMessages, ...serverMessages };
  return {
    updates: {
      address: operations.pollUpdates.path,
      description: "Polled: each answer is a page of events and the cursor to ask for the next one with.",
      servers: [ref("servers/http")],
      messages: { page: ref("components/messages/updates.page") },
    },
    stream: {
      address: operations.streamUpdates.path,
      description: `Server-sent events; \`${operations.pollUpdates.path}\` with \`Accept: text/event-stream\` is the same. Each data event is one CloudEvent, with its cursor as \`id\`.`,
      servers: [ref("servers/http")],
      messages: { ...toComponents(eventTypeNames), ...toComponents(Object.keys(streamMessages), "stream.") },
    },
    socket: {
      address: operations.openSocket.path,
      description: `WebSocket with the subprotocol \`${socketProtocol}\`: JSON texts both ways.`,
      servers: [ref("servers/websocket")],
      messages: toComponents(Object.keys(socket), socketName("")),
      bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
    },
    webhooks: {
      address: null,
      description: "The URL of a subscription of yours: the server sends each event there by POST.",
      messages: webhookMessages(schemas),
    },
  };
}

const read = (query: unknown, schemas: Json): Json => ({
  http: { method: "GET", query: collect(query, schemas), bindingVersion: "0.3.0" },
});

function socketOperations(): Json {
  const received = Object.keys(clientMessages).map((name) => {
    const answers = replies[name as keyof typeof clientMessages];
    const reply =
      answers === undefined
        ? {}
        : { reply: { channel: ref("channels/socket"), messages: channelMessages("socket", answers) } };
    const operation = {
      action: "receive",
      title: `A client sends ${name}`,
      channel: ref("channels/socket"),
      messages: channelMessages("socket", [name]),
      ...reply,
    };
    return [`socket${capitalised(name)}`, operation];
  });
  return Object.fromEntries(received);
}

/** @param version version of the server @returns the document as plain JSON */
export function asyncApiDocument(version: string): Json {
  const schemas: Json = {};
  const security = [ref("components/securitySchemes/apiKey"), ref("components/securitySchemes/ticket")];
  const host = { host: "{address}", variables: { address: { default: "127.0.0.1:8080" } }, security };
  const componentMessages = messages(schemas);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Onhand: the change feed",
      version,
      description: about,
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    defaultContentType: "application/json",
    servers: { http: { ...host, protocol: "http" }, websocket: { ...host, protocol: "ws" } },
    channels: channels(schemas),
    operations: {
      pollUpdates: {
        action: "send",
        title: operations.pollUpdates.summary,
        channel: ref("channels/updates"),
        bindings: read(operations.pollUpdates.query, schemas),
      },
      streamUpdates: {
        action: "send",
        title: operations.streamUpdates.summary,
        channel: ref("channels/stream"),
        bindings: read(operations.streamUpdates.query, schemas),
      },
      socketSend: {
        action: "send",
        title: "The server tells what was subscribed to",
        channel: ref("channels/socket"),
        messages: channelMessages("socket", unasked),
      },
      ...socketOperations(),
      deliverWebhook: {
        action: "send",
        title: "The server delivers an event to a subscription",
        channel: ref("channels/webhooks"),
        bindings: { http: { method: "POST", bindingVersion: "0.3.0" } },
      },
    },
    components: {
      schemas,
      messages: componentMessages,
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key of the role reader or stronger" },
        ticket: {
          type: "httpApiKey",
          name: "ticket",
          in: "query",
          description: "For browsers: a single-use ticket of POST /v1/stream-tickets",
        },
      },
    },
  };
}
