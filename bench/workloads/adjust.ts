import { postTemplate, TemplateBuilder, writeDigits } from "../load/request-template.ts";
import { PRODUCT_DIGITS, PRODUCT_ID_PREFIX } from "./names.ts";
import { type RequestSource, type SourceContext, writeKey } from "./request-source.ts";

/** Single adjustments: `POST /v1/inventory`, a sale of one to three units of one product. */
export function adjustSource(context: SourceContext): RequestSource {
  const { job, random } = context;
  const body = new TemplateBuilder().text(`{"productId":"${PRODUCT_ID_PREFIX}`);
  const productOffset = body.field(PRODUCT_DIGITS);
  body.text(`","locationId":"${job.locationId}","adjustment":-`);
  const quantityOffset = body.field(1);
  body.text(',"reason":"sale","reference":"order-');
  const referenceOffset = body.field(16);
  body.text('"}');

  const { bytes, bodyOffset, keyOffset } = postTemplate(context.origin, "/v1/inventory", body);
  writeDigits(bytes, bodyOffset + referenceOffset, 5, context.connectionIndex);
  let requestNumber = 0;
  return {
    readsBody: false,
    next() {
      requestNumber++;
      writeKey(bytes, keyOffset, context, requestNumber);
      writeDigits(bytes, bodyOffset + productOffset, PRODUCT_DIGITS, random.below(job.productCount));
      writeDigits(bytes, bodyOffset + quantityOffset, 1, 1 + random.below(3));
      writeDigits(bytes, bodyOffset + referenceOffset + 5, 11, requestNumber);
      return bytes;
    },
    unitsIn: () => 1,
  };
}
