/** What lies where in the picture: for each sample the nearest surface, 0 as id where there is none. */
export interface Layer {
  readonly width: number
  readonly height: number
  /** grows towards the eye; -Infinity where there is nothing */
  readonly nearness: Float32Array
  readonly id: Uint32Array
}

/** @param spare layers no longer needed: one that is large enough is taken from there */
export function emptyLayer(width: number, height: number, spare: Layer[] = []): Layer {
  const size = width * height
  const old = spare.findIndex((layer) => layer.id.length >= size)
  const { nearness, id } =
    old < 0 ? { nearness: new Float32Array(size), id: new Uint32Array(size) } : spare.splice(old, 1)[0]
  id.fill(0)
  return { width, height, nearness: nearness.fill(-Infinity), id }
}

/** Corners lie on a grid of 1/256 sample, on which the edge functions below are exact: neighbours leave no gap. */
const grid = 256
/** The least number above 0: an edge that does not own the samples exactly on it asks for at least that much. */
const least = Number.MIN_VALUE

/**
 * Draws triangles into `front`. Triangles of both orientations are drawn; a sample on an edge that two of them share
 * goes to one alone (top-left rule). Id of triangle t: firstId + t.
 * Edge functions: Pineda, A parallel algorithm for polygon rasterization, SIGGRAPH 1988.
 * @param flat x y nearness of each vertex, in samples
 * @param behind for what light passes through: keeps the second nearest, and `solid` hides what lies behind it
 */
export function rasteriseTriangles(
  front: Layer,
  flat: Float64Array,
  triangles: Uint32Array,
  firstId: number,
  behind?: Layer,
  solid?: Layer,
): void {
  const { width, height, nearness, id } = front
  const floor = (solid ?? front).nearness
  const at = new Float64Array(flat.length)
  for (let i = 0; i < flat.length; i += 3) {
    at[i] = Math.round(flat[i] * grid)
    at[i + 1] = Math.round(flat[i + 1] * grid)
  }
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    let b = 3 * triangles[t + 1]
    let c = 3 * triangles[t + 2]
    const ax = at[a]
    const ay = at[a + 1]
    let bx = at[b]
    let by = at[b + 1]
    let cx = at[c]
    let cy = at[c + 1]
    let doubled = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if (doubled < 0) {
      const swap = b
      b = c
      c = swap
      const sx = bx
      bx = cx
      cx = sx
      const sy = by
      by = cy
      cy = sy
      doubled = -doubled
    }
    // none, seen from its edge; or with a corner behind the eye or nowhere at all (NaN)
    const an = flat[a + 2]
    const bn = flat[b + 2]
    const cn = flat[c + 2]
    if (!(doubled > 0) || !(an + bn + cn > -Infinity)) continue
    const half = grid / 2
    const x0 = Math.max(0, Math.ceil((Math.min(ax, bx, cx) - half) / grid))
    const x1 = Math.min(width - 1, Math.floor((Math.max(ax, bx, cx) - half) / grid))
    if (x0 > x1) continue
    const y0 = Math.max(0, Math.ceil((Math.min(ay, by, cy) - half) / grid))
    const y1 = Math.min(height - 1, Math.floor((Math.max(ay, by, cy) - half) / grid))
    if (y0 > y1) continue
    // each corner's weight is the edge function of the edge opposite; its steps to the right and downwards
    const aRight = (by - cy) * grid
    const aDown = (cx - bx) * grid
    const bRight = (cy - ay) * grid
    const bDown = (ax - cx) * grid
    const cRight = (ay - by) * grid
    const cDown = (bx - ax) * grid
    const px = x0 * grid + half
    const py = y0 * grid + half
    let aRow = (cx - bx) * (py - by) - (cy - by) * (px - bx)
    let bRow = (ax - cx) * (py - cy) - (ay - cy) * (px - cx)
    let cRow = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    const aLeast = aRight > 0 || (aRight === 0 && aDown > 0) ? 0 : least
    const bLeast = bRight > 0 || (bRight === 0 && bDown > 0) ? 0 : least
    const cLeast = cRight > 0 || (cRight === 0 && cDown > 0) ? 0 : least
    const share = 1 / doubled
    const own = firstId + t / 3
    for (let y = y0; y <= y1; y++) {
      let aw = aRow
      let bw = bRow
      let cw = cRow
      for (let k = y * width + x0, end = y * width + x1; k <= end; k++) {
        if (aw >= aLeast && bw >= bLeast && cw >= cLeast) {
          const n = (aw * an + bw * bn + cw * cn) * share
          if (n > floor[k]) {
            if (n > nearness[k]) {
              if (behind) {
                behind.nearness[k] = nearness[k]
                behind.id[k] = id[k]
              }
              nearness[k] = n
              id[k] = own
            } else if (behind && n > behind.nearness[k]) {
              behind.nearness[k] = n
              behind.id[k] = own
            }
          }
        }
        aw += aRight
        bw += bRight
        cw += cRight
      }
      aRow += aDown
      bRow += bDown
      cRow += cDown
    }
  }
}

/**
 * Draws points as discs that bulge a little towards the eye, so that of two discs each keeps its own half.
 * @param radius samples
 * @param bulge how much farther a disc's rim lies than its middle, in the unit of nearness
 */
export function rasterisePoints(
  front: Layer,
  flat: Float64Array,
  firstId: number,
  radius: number,
  bulge: number,
): void {
  const { width, height, nearness, id } = front
  const inside = radius * radius
  for (let i = 0; i < flat.length; i += 3) {
    const x = flat[i]
    const y = flat[i + 1]
    const n = flat[i + 2]
    if (!(n > -Infinity)) continue
    const x0 = Math.max(0, Math.ceil(x - radius - 0.5))
    const x1 = Math.min(width - 1, Math.floor(x + radius - 0.5))
    const y0 = Math.max(0, Math.ceil(y - radius - 0.5))
    const y1 = Math.min(height - 1, Math.floor(y + radius - 0.5))
    for (let row = y0; row <= y1; row++) {
      for (let column = x0; column <= x1; column++) {
        const far = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2
        if (far > inside) continue
        const at = n - (bulge * far) / inside
        const k = row * width + column
        if (at > nearness[k]) {
          nearness[k] = at
          id[k] = firstId + i / 3
        }
      }
    }
  }
}
