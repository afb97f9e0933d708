/** How events are set apart in what a reader gets: by the rules of server-sent events, or as elements of a poll's list. */
export interface Framing {
  /** What stands behind every event. */
  readonly end: Buffer;
  /** Whether a frame is an event and not a comment, a place or a farewell. */
  isEvent(frame: Buffer): boolean;
}

const BYTE_COLON = 58;
const FIRST_LINE_MAX = 4096;
const DATA_LINE = Buffer.from('\ndata: {"specversion"');

/** Frames of server-sent events. */
export const STREAM_FRAMING: Framing = {
  end: Buffer.from("\n\n"),
  isEvent: (frame) => frame[0] !== BYTE_COLON && frame.subarray(0, FIRST_LINE_MAX).includes(DATA_LINE),
};

/** Elements of the list `data`, each with a comma and a line feed behind it: the poll reader puts them like that. */
export const POLL_FRAMING: Framing = { end: Buffer.from(",\n"), isEvent: () => true };
