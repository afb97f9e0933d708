import { getTemplate, TemplateBuilder, writeDigits } from "../load/request-template.ts";
import { PRODUCT_DIGITS, SKU_PREFIX } from "./names.ts";
import type { RequestSource, SourceContext } from "./request-source.ts";

const PATH_OFFSET = "GET ".length;

/** Reads: `GET /v1/inventory/{sku}` of one product after another, chosen at random. */
export function readSource(context: SourceContext): RequestSource {
  const path = new TemplateBuilder().text(`/v1/inventory/${SKU_PREFIX}`);
  const skuOffset = PATH_OFFSET + path.field(PRODUCT_DIGITS);
  const { bytes } = getTemplate(context.origin, path);
  return {
    readsBody: false,
    next() {
      writeDigits(bytes, skuOffset, PRODUCT_DIGITS, context.random.below(context.job.productCount));
      return bytes;
    },
    unitsIn: () => 1,
  };
}
