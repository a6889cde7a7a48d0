/** From 0 to 1 while t goes from one value to the other, level at both and beyond them (Hermite's cubic, "smoothstep"). */
export function ease(from: number, to: number, t: number): number {
  const share = Math.max(0, Math.min(1, (t - from) / (to - from)))
  return share * share * (3 - 2 * share)
}
