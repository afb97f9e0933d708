/** Settings of every property test: one seed for the whole run, printed so that a failure can be repeated. */
const given = process.env.ONHAND_TEST_SEED;
const seed = given === undefined ? Date.now() & 0x7fffffff : Number(given);
console.log(`property tests: repeat with ONHAND_TEST_SEED=${seed}`);

/** For `fc.assert`: the seed, and how many cases to try. */
export const cases = (numRuns: number) => ({ seed, numRuns, includeErrorInReport: true });
