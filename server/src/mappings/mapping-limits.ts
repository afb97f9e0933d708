/** Limits of what comes in as foreign payloads, and of the mappings that read it. */
export const mappingLimits = {
  /** Bytes of a payload: of somebody with a key, and of somebody whose signature is not verified yet. */
  payloadBytesMax: 8 * 1024 * 1024,
  signedPayloadBytesMax: 1024 * 1024,
  /** Levels of nested arrays and objects in a payload. */
  payloadDepthMax: 64,
  /** Lines that one payload may come to. */
  linesMax: 10_000,
  /** Characters of the lines that one payload comes to, as JSON. */
  outputCharactersMax: 8 * 1024 * 1024,
  /** How long an expression may take; asked between its steps. */
  evaluationMsMax: 10_000,
  /** After this the thread is ended that evaluates: one step alone may take too long, as a pattern that backtracks. */
  answerMsMax: 15_000,
  /** Calls within calls of an expression, and elements of one sequence. */
  stackMax: 500,
  sequenceMax: 1_000_000,
  /** Payloads that wait for the thread before new ones are refused. */
  waitingMax: 500,
  /** Expressions that are kept compiled. */
  compiledMax: 100,
  /** Versions whose text is kept at hand. */
  versionsKnownMax: 200,
  /** Payloads of a source that wait because no mapping could read them. */
  keptPayloadsMax: 1_000,
  /** Kept payloads that are read again by one request. */
  retriedMax: 100,
  /** Time after which such a request reads no further one. */
  retryMsMax: 5_000,
  /** How often payloads are looked for that took too long, which may have been for want of a processor: they are read again. */
  lookMs: 30_000,
  /** How long one of them rests between tries, and how often it is tried by itself. */
  restSeconds: 60,
  triesByItselfMax: 5,
  /** Sources of which some are read again in a look. */
  sourcesPerLookMax: 10,
  /** Characters of a kept payload that are shown. */
  shownCharactersMax: 4_000,
  /** How far the time of a signed message may be off. */
  signatureToleranceMs: 5 * 60 * 1000,
} as const;
