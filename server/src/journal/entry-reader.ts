/** What readers outside the journal use of its entries. */
export { type EntryRow, entryColumns, toEntry } from "./sql/read-entries.ts";
