/**
 * Bends the free points of a patch so that it carries on the surface round it: the thin plate, that is the least sum
 * of squared Laplacians over the free points and the rim (Kobbelt et al. 1998; Liepa 2003, section 5), solved by
 * conjugate gradients. Where that would throw a point farther than a limit from where it was, the membrane is taken
 * instead, which never leaves the hull of its border.
 * @param positions x y z of all points: free, rim, and the rim's neighbours outside; those of the free are changed
 * @param around for each point its neighbours; empty for those outside, whose own bend is not asked for
 * @param free which points may move
 */
export function fair(positions: Float64Array, around: number[][], free: (point: number) => boolean, limit: number) {
  const points = positions.length / 3
  const unknowns = Array.from({ length: points }, (_, p) => p).filter(free)
  if (unknowns.length === 0) return
  const weights = around.map((list, p) => {
    const raw = list.map((q) => 1 / Math.max(apart(positions, p, q), 1e-300))
    const sum = raw.reduce((total, value) => total + value, 0)
    return raw.map((value) => value / sum)
  })
  const rows = around.flatMap((list, p) => (list.length > 0 ? [p] : []))
  const before = positions.slice()
  solve(positions, unknowns, unknowns, around, weights, 1)
  const membrane = positions.slice()
  solve(positions, rows, unknowns, around, weights, 2)
  const thrown = unknowns.some((p) => !(apartFrom(positions, before, p) <= limit))
  if (thrown) positions.set(membrane)
}

const apart = (at: Float64Array, p: number, q: number) =>
  Math.hypot(at[3 * p] - at[3 * q], at[3 * p + 1] - at[3 * q + 1], at[3 * p + 2] - at[3 * q + 2])

const apartFrom = (at: Float64Array, before: Float64Array, p: number) =>
  Math.hypot(at[3 * p] - before[3 * p], at[3 * p + 1] - before[3 * p + 1], at[3 * p + 2] - before[3 * p + 2])

/**
 * Least squares of the Laplacians of `rows`, by conjugate gradients on the normal equations (CGLS: Björck 1996,
 * Numerical methods for least squares problems, 7.4.1). With rows = unknowns it is the membrane.
 */
function solve(
  positions: Float64Array,
  rows: number[],
  unknowns: number[],
  around: number[][],
  weights: number[][],
  tries: number,
) {
  const points = positions.length / 3
  const laplacian = (of: Float64Array, out: Float64Array) => {
    for (const [r, p] of rows.entries()) {
      let sum = -of[p]
      for (const [i, q] of around[p].entries()) sum += weights[p][i] * of[q]
      out[r] = sum
    }
  }
  const transposed = (of: Float64Array, out: Float64Array) => {
    out.fill(0)
    for (const [r, p] of rows.entries()) {
      out[p] -= of[r]
      for (const [i, q] of around[p].entries()) out[q] += weights[p][i] * of[r]
    }
  }
  const x = new Float64Array(points)
  const residual = new Float64Array(rows.length)
  const gradient = new Float64Array(points)
  const direction = new Float64Array(points)
  const bent = new Float64Array(rows.length)
  for (let axis = 0; axis < 3; axis++) {
    for (let p = 0; p < points; p++) x[p] = positions[3 * p + axis]
    laplacian(x, residual)
    transposed(residual, gradient)
    direction.fill(0)
    let size = 0
    for (const p of unknowns) {
      direction[p] = -gradient[p]
      size += gradient[p] * gradient[p]
    }
    const enough = size * 1e-16
    for (let step = 0; step < tries * (unknowns.length + 20) && step < 2000 && size > enough && size > 0; step++) {
      laplacian(direction, bent)
      let curve = 0
      for (const value of bent) curve += value * value
      const by = size / curve
      for (const p of unknowns) x[p] += by * direction[p]
      for (let r = 0; r < rows.length; r++) residual[r] += by * bent[r]
      transposed(residual, gradient)
      let next = 0
      for (const p of unknowns) next += gradient[p] * gradient[p]
      for (const p of unknowns) direction[p] = -gradient[p] + (next / size) * direction[p]
      size = next
    }
    for (const p of unknowns) positions[3 * p + axis] = x[p]
  }
}
