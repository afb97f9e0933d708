import { getTemplate, TemplateBuilder, writeDigits } from "../load/request-template.ts";
import { PRODUCT_DIGITS, SKU_PREFIX } from "./names.ts";
import type { RequestSource, SourceContext } from "./request-source.ts";

const PATH_OFFSET = "GET ".length;

/** Reads: `GET /v1/inventory/{sku}` of one product after another, chosen at random. */
export const readSource = (context: SourceContext): RequestSource =>
  oneByOne(context, `/v1/inventory/${SKU_PREFIX}`, "");

/** Reads of consolidated totals of one SKU that lies at every location. */
export const totalsOfSku = (context: SourceContext): RequestSource =>
  oneByOne(context, `/v1/totals?groupBy=product&sku=${SKU_PREFIX}`, "");

/** Reads of the totals of all groups of locations. */
export const totalsOfGroups = (context: SourceContext): RequestSource =>
  always(context, "/v1/totals?groupBy=locationGroup&limit=50");

/** Reads of one product after another as it was when the run began. */
export const asOfSource = (context: SourceContext): RequestSource =>
  oneByOne(context, `/v1/inventory/${SKU_PREFIX}`, `?asOf=${new Date().toISOString()}&asOfBasis=occurred`);

function oneByOne(context: SourceContext, begin: string, end: string): RequestSource {
  const path = new TemplateBuilder().text(begin);
  const offset = PATH_OFFSET + path.field(PRODUCT_DIGITS);
  const { bytes } = getTemplate(context.origin, path.text(end));
  return {
    readsBody: false,
    next() {
      writeDigits(bytes, offset, PRODUCT_DIGITS, context.random.below(context.job.productCount));
      return bytes;
    },
    unitsIn: () => 1,
  };
}

function always(context: SourceContext, path: string): RequestSource {
  const { bytes } = getTemplate(context.origin, new TemplateBuilder().text(path));
  return { readsBody: false, next: () => bytes, unitsIn: () => 1 };
}
