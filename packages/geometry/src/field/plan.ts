import { blurred, heightAt } from '../mesh/height-map.ts'

/** Whether each square of a plan belongs to something; row by row from the corner upwards. */
export interface Plan {
  readonly x0: number
  readonly y0: number
  readonly cell: number
  readonly columns: number
  readonly rows: number
  readonly inside: Uint8Array
}

/**
 * The signed distance to the outline of what is inside, mm, negative inside; between the squares' middles by straight
 * lines. Exact to half a square: the squared Euclidean distance transform of Felzenszwalb & Huttenlocher 2012.
 * @param smoothMm blurs the distance by a Gaussian, so that the outline does not show the squares
 */
export function planDistance(plan: Plan, smoothMm = 0): (x: number, y: number) => number {
  const out = transform(plan, 1)
  const depth = transform(plan, 0)
  const { x0, y0, cell, columns, rows } = plan
  const sharp = Float64Array.from(out, (square, i) =>
    square > 0 ? (Math.sqrt(square) - 0.5) * cell : (0.5 - Math.sqrt(depth[i])) * cell,
  )
  const values = smoothMm > 0 ? blurred({ x0, y0, cell, columns, rows, heights: sharp }, smoothMm).heights : sharp
  const map = { x0, y0, cell, columns, rows, heights: values }
  const within = (value: number, from: number, count: number) =>
    Math.max(from, Math.min(from + (count - 1.001) * cell, value))
  return (x, y) => heightAt(map, within(x, x0, columns), within(y, y0, rows))
}

/** The plan with every gap closed that a disc of a radius cannot enter (morphological closing). */
export function closedPlan(plan: Plan, radiusMm: number): Plan {
  const reach = (radiusMm / plan.cell) ** 2
  const grown = { ...plan, inside: Uint8Array.from(transform(plan, 1), (square) => (square <= reach ? 1 : 0)) }
  return { ...plan, inside: Uint8Array.from(transform(grown, 0), (square) => (square > reach ? 1 : 0)) }
}

/** The plan with what is narrower than a disc made as wide as that: what a morphological opening would take is grown. */
export function widenedPlan(plan: Plan, radiusMm: number): Plan {
  const reach = (radiusMm / plan.cell) ** 2
  const where = (squares: Float64Array, test: (square: number, i: number) => boolean): Plan => ({
    ...plan,
    inside: Uint8Array.from(squares, (square, i) => (test(square, i) ? 1 : 0)),
  })
  const core = where(transform(plan, 0), (square) => square > reach)
  const narrow = where(transform(core, 1), (square, i) => plan.inside[i] === 1 && square > reach)
  return where(transform(narrow, 1), (square, i) => plan.inside[i] === 1 || square <= reach)
}

/** Squared distance, in squares, from each to the nearest whose `inside` has the value. */
function transform({ columns, rows, inside }: Plan, value: 0 | 1): Float64Array {
  const far = 1e12
  const grid = Float64Array.from(inside, (has) => (has === value ? 0 : far))
  const line = new Float64Array(Math.max(columns, rows))
  const place = new Int32Array(line.length)
  const border = new Float64Array(line.length + 1)
  const along = (offset: number, stride: number, count: number) => {
    for (let i = 0; i < count; i++) line[i] = grid[offset + i * stride]
    let k = 0
    place[0] = 0
    border[0] = -Infinity
    border[1] = Infinity
    const meet = (q: number, p: number) => (line[q] + q * q - line[p] - p * p) / (2 * (q - p))
    for (let q = 1; q < count; q++) {
      let s = meet(q, place[k])
      while (s <= border[k]) s = meet(q, place[--k])
      place[++k] = q
      border[k] = s
      border[k + 1] = Infinity
    }
    k = 0
    for (let i = 0; i < count; i++) {
      while (border[k + 1] < i) k++
      grid[offset + i * stride] = (i - place[k]) ** 2 + line[place[k]]
    }
  }
  for (let column = 0; column < columns; column++) along(column, columns, rows)
  for (let row = 0; row < rows; row++) along(row * columns, 1, columns)
  return grid
}
