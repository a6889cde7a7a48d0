/** A line through space, x y z a point. A closed one does not repeat its first point. */
export interface Polyline {
  readonly points: Float64Array
  readonly closed: boolean
}

/** mm, the closing side included. */
export function polylineLength({ points, closed }: Polyline): number {
  let sum = 0
  for (let i = 3; i < points.length; i += 3) {
    sum += Math.hypot(points[i] - points[i - 3], points[i + 1] - points[i - 2], points[i + 2] - points[i - 1])
  }
  const n = points.length
  if (closed && n > 3)
    sum += Math.hypot(points[0] - points[n - 3], points[1] - points[n - 2], points[2] - points[n - 1])
  return sum
}
