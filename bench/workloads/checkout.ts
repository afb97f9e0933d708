import { postTemplate, TemplateBuilder, writeDigits } from "../load/request-template.ts";
import { PRODUCT_DIGITS, PRODUCT_ID_PREFIX } from "./names.ts";
import { type RequestSource, type SourceContext, writeKey } from "./request-source.ts";

const RESERVATION_ID = Buffer.from('"reservationId":"');
/** `res_` and 13 characters, on every target. */
const RESERVATION_ID_WIDTH = 17;
const COMMIT_PATH = "POST /v1/reservations/";
/** Longer than any run, so that none expires while others are measured. */
const TTL_SECONDS = 86_400;

/**
 * Checkouts: a reservation of one unit of each of some products, and its commit, one after the other. A unit of work is a
 * line that is held or committed. Products of a request differ; one that is refused is followed by a new reservation.
 */
export function checkoutSource(context: SourceContext): RequestSource {
  const { job, random } = context;
  const lineCount = Math.max(1, job.linesPerRequest);
  const body = new TemplateBuilder().text('{"lines":[');
  const products: number[] = [];
  for (let index = 0; index < lineCount; index++) {
    body.text(`${index === 0 ? "" : ","}{"productId":"${PRODUCT_ID_PREFIX}`);
    products.push(body.field(PRODUCT_DIGITS));
    body.text(`","locationId":"${job.locationId}","quantity":1}`);
  }
  body.text(`],"ttlSeconds":${TTL_SECONDS},"reference":"order-`);
  const referenceOffset = body.field(16);
  body.text('"}');
  const create = postTemplate(context.origin, "/v1/reservations", body);
  writeDigits(create.bytes, create.bodyOffset + referenceOffset, 5, context.connectionIndex);

  const path = `/v1/reservations/${"0".repeat(RESERVATION_ID_WIDTH)}/commit`;
  const commit = postTemplate(context.origin, path, new TemplateBuilder().text("{}"));
  const stride = Math.max(1, Math.floor(job.productCount / lineCount));
  let requestNumber = 0;
  let isHeld = false;
  return {
    readsBody: true,
    next() {
      requestNumber++;
      if (isHeld) {
        isHeld = false;
        writeKey(commit.bytes, commit.keyOffset, context, requestNumber);
        return commit.bytes;
      }
      writeKey(create.bytes, create.keyOffset, context, requestNumber);
      const first = random.below(job.productCount);
      for (const [index, offset] of products.entries()) {
        const product = (first + index * stride) % job.productCount;
        writeDigits(create.bytes, create.bodyOffset + offset, PRODUCT_DIGITS, product);
      }
      writeDigits(create.bytes, create.bodyOffset + referenceOffset + 5, 11, requestNumber);
      return create.bytes;
    },
    unitsIn(answer) {
      if (requestWasCommit(answer)) return lineCount;
      const start = answer.indexOf(RESERVATION_ID) + RESERVATION_ID.length;
      answer.copy(commit.bytes, COMMIT_PATH.length, start, start + RESERVATION_ID_WIDTH);
      isHeld = true;
      return lineCount;
    },
  };
}

const HELD = Buffer.from('"phase":"held"');

/** What answers a commit is held no longer. */
const requestWasCommit = (answer: Buffer): boolean => answer.indexOf(HELD) < 0;
