import { postTemplate, TemplateBuilder, writeDigits } from "../load/request-template.ts";
import { PRODUCT_DIGITS, PRODUCT_ID_PREFIX } from "./names.ts";
import { type RequestSource, type SourceContext, writeKey } from "./request-source.ts";

const APPLIED = Buffer.from('"applied":');

/** Bulk updates: `POST /v1/inventory/bulk-update` of independent lines, each a sale of one to three units. */
export function bulkSource(context: SourceContext): RequestSource {
  const { job, random } = context;
  const body = new TemplateBuilder().text('{"mode":"independent","updates":[');
  const lines: { product: number; quantity: number; reference: number }[] = [];
  for (let index = 0; index < job.linesPerRequest; index++) {
    body.text(`${index === 0 ? "" : ","}{"productId":"${PRODUCT_ID_PREFIX}`);
    const product = body.field(PRODUCT_DIGITS);
    body.text(`","locationId":"${job.locationId}","adjustment":-`);
    const quantity = body.field(1);
    body.text(',"reason":"sale","reference":"order-');
    lines.push({ product, quantity, reference: body.field(16) });
    body.text('"}');
  }
  body.text("]}");

  const { bytes, bodyOffset, keyOffset } = postTemplate(context.origin, "/v1/inventory/bulk-update", body);
  let requestNumber = 0;
  let lineNumber = 0;
  return {
    readsBody: true,
    next() {
      writeKey(bytes, keyOffset, context, ++requestNumber);
      for (const line of lines) {
        writeDigits(bytes, bodyOffset + line.product, PRODUCT_DIGITS, random.below(job.productCount));
        writeDigits(bytes, bodyOffset + line.quantity, 1, 1 + random.below(3));
        writeDigits(bytes, bodyOffset + line.reference, 5, context.connectionIndex);
        writeDigits(bytes, bodyOffset + line.reference + 5, 11, ++lineNumber);
      }
      return bytes;
    },
    unitsIn: appliedLines,
  };
}

/** The number after the last `"applied":` of a bulk answer; 0 when there is none, which the audit will then notice. */
function appliedLines(body: Buffer): number {
  const start = body.lastIndexOf(APPLIED);
  if (start < 0) return 0;
  const digits = body.subarray(start + APPLIED.length, start + APPLIED.length + 12).toString("latin1");
  return Number.parseInt(digits, 10) || 0;
}
