/** A share: 0 below 0, 1 above 1. */
export const clamp = (value: number) => Math.min(1, Math.max(0, value))

/** 1 within low … high, falling to 0 at the outer figures */
export const within = (value: number, none: number, low: number, high: number, over: number) =>
  clamp(Math.min((value - none) / (low - none), (over - value) / (over - high)))
