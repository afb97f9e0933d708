/** Why the writer could not say what came of a command. */

/** A queue is full, or the command waited too long: this request changed nothing, whatever an earlier one under its key did. */
export class Overloaded extends Error {
  override readonly name = "Overloaded";
  readonly retryAfterSeconds = 1;
}

/** The database did not answer in time; only asking again under the same key can tell. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";
}

/** The database cannot be reached, and nothing was sent to it. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

/** The key was used before for another request. */
export class KeyReused extends Error {
  override readonly name = "KeyReused";
}

/** The counts of a group together look back further than a group may under its locks: fewer at a time may do. */
export class TooMuchToWalk extends Error {
  override readonly name = "TooMuchToWalk";
}

/** The command alone makes the database refuse the group: isolated, so that its neighbours succeed. */
export class PoisonCommand extends Error {
  override readonly name = "PoisonCommand";
}

/** What a group needs was not, or is no longer, remembered: loaded again, it can be decided. */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded";
}
