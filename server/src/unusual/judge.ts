/**
 * Whether a change is unlike others of its item: by its size, by the hour of the day, or by how many there are in an hour.
 * Pure: the profile before the change and the change decide. Each item is measured by its own history alone, and nothing
 * is said of an item before there is enough of it.
 */
import { type Change, hourMs, hourOf, isByCustomers, learn, type Profile, sizeKind } from "./profile.ts";
import { sizeAt, sizeScore } from "./usual-size.ts";

const judgement = {
  /** Changes of the same kind and direction, or hours with changes, before their sizes are compared. */
  samplesMin: 12,
  /** Scales above the usual size; of normally distributed ones, one in 30,000 would lie there. */
  scoreMax: 4,
  /** Hours with changes, by weight, before the hour of the day says something. */
  hoursMin: 50,
  /** Share of an hour of the day and its two neighbours below which a change at that time is unusual. */
  hourShareMin: 0.01,
  /** Fewer changes in an hour are never many. */
  inHourMin: 10,
} as const;

/** Hours that are taken for seen before any was: spread evenly, so that a share is never quite zero. */
const priorHours = 4;

export interface Finding {
  /** `size`, `time`, `rate`: whichever apply. */
  readonly by: readonly string[];
  /** In words, with the numbers that it rests on. */
  readonly reason: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

type Part = Omit<Finding, "by"> & { readonly by: string };

/** @returns the profile with the change in it, and what is unusual about the change; null for nothing */
export function judge(
  profile: Profile,
  change: Change,
): { readonly profile: Profile; readonly finding: Finding | null } {
  const learned = learn(profile, change);
  const rate = byRate(learned, change);
  const parts = [bySize(profile, change), byTime(profile, change), rate].filter((part) => part !== null);
  return {
    profile: rate === null ? learned : { ...learned, isRateTold: true },
    finding:
      parts.length === 0
        ? null
        : {
            by: parts.map(({ by }) => by),
            reason: parts.map(({ reason }) => reason).join(" "),
            figures: Object.assign(
              { by: parts.map(({ by }) => by).join(", ") },
              ...parts.map(({ figures }) => figures),
            ),
          },
  };
}

function bySize(profile: Profile, change: Change): Part | null {
  const usual = profile.sizes[sizeKind(change)];
  const units = Math.abs(change.units);
  if (usual === undefined || usual.count < judgement.samplesMin) return null;
  const score = sizeScore(usual, units);
  if (score <= judgement.scoreMax) return null;
  const usualUnits = Math.round(sizeAt(usual, 0));
  const usualUnitsMax = Math.floor(sizeAt(usual, judgement.scoreMax));
  const moved = change.units < 0 ? "taken off" : "added";
  return {
    by: "size",
    reason: `${units} units were ${moved} at once (${change.type}); such changes of this item are usually of about ${usualUnits}, and up to ${usualUnitsMax} would not be unusual.`,
    figures: { units, usualUnits, usualUnitsMax, sizeScore: toHundredths(score) },
  };
}

function byTime(profile: Profile, change: Change): Part | null {
  const hour = hourOf(change);
  // An hour is told of once: with the first change in it.
  if (isByCustomers(change.type) || (profile.hour !== null && hour <= profile.hour)) return null;
  const seen = profile.hours.reduce((sum, weight) => sum + weight, 0);
  if (seen < judgement.hoursMin) return null;
  const ofDay = hour % 24;
  const near = [ofDay + 23, ofDay, ofDay + 1].reduce((sum, index) => sum + profile.hours[index % 24]!, 0);
  const share = (near + (priorHours * 3) / 24) / (seen + priorHours);
  if (share >= judgement.hourShareMin) return null;
  const percent = toHundredths((100 * near) / seen);
  return {
    by: "time",
    reason: `It happened at ${new Date(change.occurredAtMs).toISOString().slice(11, 16)} UTC; ${percent} % of the hours in which this item was changed before lie within an hour of that.`,
    figures: { hourUtc: ofDay, hourSharePercent: percent },
  };
}

/** @param learned the profile with the change in it */
function byRate(learned: Profile, change: Change): Part | null {
  const { perHour, inHour, isRateTold, hour } = learned;
  if (isByCustomers(change.type) || hourOf(change) !== hour || isRateTold) return null;
  if (perHour.count < judgement.samplesMin || inHour < judgement.inHourMin) return null;
  const score = sizeScore(perHour, inHour);
  if (score <= judgement.scoreMax) return null;
  const usualInHour = Math.round(sizeAt(perHour, 0));
  const usualInHourMax = Math.floor(sizeAt(perHour, judgement.scoreMax));
  const since = new Date(hour * hourMs).toISOString().slice(11, 16);
  return {
    by: "rate",
    reason: `There were ${inHour} changes since ${since} UTC; an hour in which this item is changed usually has about ${usualInHour}, and up to ${usualInHourMax} would not be unusual.`,
    figures: { inHour, usualInHour, usualInHourMax, rateScore: toHundredths(score) },
  };
}

const toHundredths = (value: number): number => Math.round(value * 100) / 100;
