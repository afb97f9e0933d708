/** Limits of what comes in from outside. */
export const intakeLimits = {
  /** Lines of all requests that are with the writer at a time; the rest of a request waits for them. */
  linesInFlightMax: 8_000,
  /** Lines that are handed to the writer at once. */
  linesPerStep: 1_000,
  /** Lines that a level takes the room of: the writer looks back over what moved since, and nothing may wait there for long. */
  linesPerLevel: 20,
  /** Requests that wait for room before new ones are refused. */
  waitingMax: 500,
  /** Characters of an operation id and of a sender's code. */
  operationIdCharactersMax: 200,
  codeCharactersMax: 200,
  reasonCharactersMax: 1_000,
  referenceCharactersMax: 255,
  /** Publications of a product at a location that are kept to recognise echoes by. */
  publicationsPerPairMax: 20,
  /** How much the clock of who echoes may differ from ours. */
  echoClockToleranceMs: 60_000,
  /** Times that a line may speak of: years 1970 to 9999. */
  timeMsMax: 253_402_300_799_999,
  /** How often a line whose product moved to another SKU meanwhile is looked up anew. */
  staleRetriesMax: 5,
  /** Steps that the history of a parked line keeps, the newest. */
  historyStepsMax: 50,
} as const;
