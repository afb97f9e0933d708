/** The admin key of every server under test. They listen on the loopback address only and live as long as the run. */
export const BENCH_BEARER = "bench-admin-key-for-one-run";
