/** The middle value, of an even number the higher of the two; NaN of none. What is given stays as it is. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? NaN : sorted[sorted.length >> 1]
}
