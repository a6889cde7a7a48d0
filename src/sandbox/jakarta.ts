/** A moment as clocks in Jakarta show it, to the second: UTC+7, without a summer time. */
export const jakarta = (ms = Date.now()) => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 19)
