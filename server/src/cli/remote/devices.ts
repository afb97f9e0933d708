/** `onhand devices`: tills and scanners that send a log, what is missing of it, and how their clocks are. */
import type { Device } from "@onhand/client";
import type { Command } from "../command.ts";
import { nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 50;

const countMissing = ({ missing }: Device): number =>
  missing.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** How a clock is off, e.g. `86400.2 s ahead, ± 0.1 s`. */
function clockOf({ clock }: Device): string {
  if (clock === null) return "never told";
  const { offsetMs, errorMs } = clock;
  const seconds = (ms: number): string => `${(Math.abs(ms) / 1_000).toFixed(1)} s`;
  const off = offsetMs === 0 ? "right" : `${seconds(offsetMs)} ${offsetMs > 0 ? "behind" : "ahead"}`;
  return errorMs === null ? "nobody knows" : `${off}, ± ${seconds(errorMs)}`;
}

function shown(device: Device): Shown {
  const { deviceId, sourceId, acknowledgedThrough, lastSequence, lines, missing, firstHeardAt, lastHeardAt } = device;
  const gaps = missing.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`));
  return {
    json: device,
    text: [
      `${deviceId}${sourceId === null ? "" : `, codes of ${sourceId}`}`,
      `  log: all up to ${acknowledgedThrough} of ${lastSequence}, ${lines} lines sent`,
      `  missing: ${gaps.length === 0 ? "nothing" : gaps.join(", ")}`,
      `  clock: ${clockOf(device)}`,
      `  heard of from ${firstHeardAt} to ${lastHeardAt}`,
    ].join("\n"),
  };
}

export const devicesCommand: Command = nounCommand({
  name: "devices",
  summary: "Show devices that send a log: what is missing of it, and their clocks",
  about: "Tills and scanners number what they note. A number that never came is asked for with each answer they get.",
  flags: { after: "list: go on behind this device" },
  verbs: {
    list: {
      usage: "",
      about: `the first ${listed}`,
      argumentsMin: 0,
      options: ["after"],
      async run(client, _, { after }) {
        const devices: Device[] = [];
        for await (const device of client.all.listDevices({ limit: 1_000 })) {
          if (after !== undefined && device.deviceId <= after) continue;
          devices.push(device);
          if (devices.length === listed) break;
        }
        const rows = devices.map((device) => ({ ...device, missing: countMissing(device), clock: clockOf(device) }));
        const columns = ["deviceId", "acknowledgedThrough", "lastSequence", "missing", "clock", "lastHeardAt"];
        return { ...shownRows(rows, columns), json: devices };
      },
    },
    show: {
      usage: "ID",
      about: "one, with the numbers that are missing",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getDevice(id!)),
    },
  },
  examples: ["devices", "devices show till-3", "parked --origin till-3"],
});
