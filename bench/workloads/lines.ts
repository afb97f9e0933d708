import { postTemplate, TemplateBuilder, writeDigits, writeHex } from "../load/request-template.ts";
import { BENCH_SOURCE_ID, PRODUCT_DIGITS, PRODUCT_ID_PREFIX } from "./names.ts";
import { type RequestSource, type SourceContext, writeKey } from "./request-source.ts";

/** A level that a newer one is there for is recorded, too. */
const RECORDED = ['"verdict":"applied"', '"verdict":"ignored"'].map((text) => Buffer.from(text));
/** Numbers of a log begin here, so that all have as many digits. */
const FIRST_SEQUENCE = 1_000_000_000;
const SEQUENCE_DIGITS = 10;
/** Random digits and a number, so that no two runs repeat an operation. */
const OPERATION_HEX = 16;
const OPERATION_DIGITS = 11;

type Kind = "sync" | "source" | "source-levels";

/** What tills and sources send: requests of lines with operation ids of their own, each a sale of one to three units, or a level. */
export const syncSource = (context: SourceContext): RequestSource => linesSource(context, "sync");
export const eventSource = (context: SourceContext): RequestSource => linesSource(context, "source");
export const levelSource = (context: SourceContext): RequestSource => linesSource(context, "source-levels");

function linesSource(context: SourceContext, kind: Kind): RequestSource {
  const { job, random, keyRandom } = context;
  const isSync = kind === "sync";
  const body = new TemplateBuilder();
  if (isSync) body.text('{"deviceId":"bench-');
  const device = isSync ? body.field(OPERATION_HEX) : 0;
  body.text(isSync ? '","operations":[' : '{"lines":[');
  const lines: { operation: number; sequence: number; product: number; quantity: number }[] = [];
  for (let index = 0; index < job.linesPerRequest; index++) {
    body.text(`${index === 0 ? "" : ","}{"operationId":"`);
    const operation = body.field(OPERATION_HEX + OPERATION_DIGITS);
    body.text('","productId":"').text(PRODUCT_ID_PREFIX);
    const product = body.field(PRODUCT_DIGITS);
    body.text(`","locationId":"${job.locationId}",`);
    body.text(kind === "source-levels" ? '"stockLevel":9' : '"type":"sale","adjustment":-');
    const quantity = body.field(1);
    if (isSync) body.text(',"sequence":');
    const sequence = isSync ? body.field(SEQUENCE_DIGITS) : 0;
    body.text("}");
    lines.push({ operation, sequence, product, quantity });
  }
  body.text("]}");

  const path = isSync ? "/v1/sync/batch" : `/v1/sources/${BENCH_SOURCE_ID}/events`;
  const { bytes, bodyOffset, keyOffset } = postTemplate(context.origin, path, body);
  const own = [keyRandom.nextUint32(), keyRandom.nextUint32()] as const;
  const writeOwn = (offset: number): void => {
    for (const [index, part] of own.entries()) writeHex(bytes, offset + index * 8, part);
  };
  if (isSync) writeOwn(bodyOffset + device);
  for (const line of lines) writeOwn(bodyOffset + line.operation);
  let requestNumber = 0;
  let lineNumber = 0;
  return {
    readsBody: true,
    next() {
      writeKey(bytes, keyOffset, context, ++requestNumber);
      for (const { operation, sequence, product, quantity } of lines) {
        writeDigits(bytes, bodyOffset + operation + OPERATION_HEX, OPERATION_DIGITS, ++lineNumber);
        writeDigits(bytes, bodyOffset + product, PRODUCT_DIGITS, random.below(job.productCount));
        writeDigits(bytes, bodyOffset + quantity, 1, 1 + random.below(3));
        if (isSync) writeDigits(bytes, bodyOffset + sequence, SEQUENCE_DIGITS, FIRST_SEQUENCE + lineNumber);
      }
      return bytes;
    },
    unitsIn: recordedLines,
  };
}

/** How many lines of an answer say that they were recorded. */
function recordedLines(body: Buffer): number {
  let count = 0;
  for (const verdict of RECORDED)
    for (let at = body.indexOf(verdict); at >= 0; at = body.indexOf(verdict, at + verdict.length)) count += 1;
  return count;
}
