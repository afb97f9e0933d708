/** Reads request bodies within a limit, without ever holding more than that. */
import { ProblemError } from "./problem.ts";
import { JsonRefused, parseStrictJson } from "./strict-json.ts";

// A byte order mark is kept, so that the JSON reader says what is wrong.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function tooLarge(bytesMax: number): ProblemError {
  return new ProblemError(
    "payload_too_large",
    `The body is larger than ${bytesMax} bytes. Split it into several requests.`,
    { limit: bytesMax },
    { headers: { connection: "close" } },
  );
}

/** @param bytesMax largest body that is taken @returns the value of a JSON body @throws ProblemError 400, 413, 415 */
export async function readJsonBody(request: Request, bytesMax: number, depthMax: number): Promise<unknown> {
  const mediaType = request.headers.get("content-type");
  if (mediaType === null || !/^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(mediaType)) {
    throw new ProblemError("unsupported_media_type", "Send the body as JSON with Content-Type: application/json.");
  }
  return parseBytes(await readRawBody(request, bytesMax), depthMax);
}

/** @param bytesMax largest body that is taken @returns a body as it was sent @throws ProblemError 400, 413, 415 */
export async function readRawBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new ProblemError("unsupported_media_type", "Send the body as it is, without Content-Encoding.");
  }
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > bytesMax) throw tooLarge(bytesMax);
  const bytes = await readBytes(request, declared === null, bytesMax);
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  return bytes;
}

async function readBytes(request: Request, isChunked: boolean, bytesMax: number): Promise<Uint8Array> {
  try {
    return isChunked ? await readStream(request, bytesMax) : new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    // The caller went away, or what it sent is no body.
    const detail = "The body ended before it was whole. Send it again.";
    throw new ProblemError("validation_failed", detail, {}, { cause: error });
  }
}

function parseBytes(bytes: Uint8Array, depthMax: number): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new ProblemError("validation_failed", "The body is not UTF-8. Encode it as UTF-8 JSON.");
  }
  try {
    return parseStrictJson(text, depthMax);
  } catch (error) {
    if (error instanceof JsonRefused)
      throw new ProblemError("validation_failed", `${error.message} Correct it and send it again.`, {
        errors: [{ pointer: "", message: error.message }],
      });
    throw error;
  }
}

async function readStream(request: Request, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
