/** Headers that mappings may look at, as `$headers`. Secrets and what only proxies speak of are not among them. */
const seen = [
  "content-type",
  "x-shopify-topic",
  "x-shopify-webhook-id",
  "x-shopify-event-id",
  "x-shopify-triggered-at",
  "x-shopify-shop-domain",
  "x-shopify-api-version",
  "x-wc-webhook-topic",
  "x-wc-webhook-resource",
  "x-wc-webhook-event",
  "x-wc-webhook-id",
  "x-wc-webhook-delivery-id",
  "x-wc-webhook-source",
  "square-environment",
  "square-retry-number",
  "webhook-id",
  "webhook-timestamp",
  "x-amz-sns-message-id",
  "x-amz-sns-topic-arn",
  "x-event-id",
  "x-event-type",
  "x-event-time",
] as const;
const valueCharactersMax = 500;

/** Those that tell a delivery from another one with the same words. */
const deliveries = [
  "x-shopify-webhook-id",
  "x-wc-webhook-delivery-id",
  "webhook-id",
  "x-amz-sns-message-id",
  "x-event-id",
];

/** @returns those that were sent, by their names in lower case */
export function seenHeaders(header: (name: string) => string | null): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of seen) {
    const value = header(name);
    if (value !== null && value.length <= valueCharactersMax && !value.includes("\0")) values[name] = value;
  }
  return values;
}

/** @returns what tells a delivery from another one */
export const deliveryOf = (headers: Readonly<Record<string, string>>): string =>
  deliveries.map((name) => headers[name] ?? "").join("\n");
