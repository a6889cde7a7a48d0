import type { Vec3 } from '../../mesh/vector.ts'
import { median } from '../../mesh/median.ts'
import { heightAt, type HeightMap } from '../../mesh/height-map.ts'

/**
 * The concha in the lateral view of a left ear (x backwards, y up, z outward, mm): its rim as seen from the middle of
 * the cavum, and what is read from it; null where the scan has a gap or shows no edge. A rim point is where the wall
 * turns through 45° (see `wallEdge`).
 */
export interface Concha {
  /** the rim round the cavum, one point or nothing for each of 180 directions, 2° apart, anticlockwise from backwards */
  rim: readonly (Vec3 | null)[]
  /** lowest edge of the intertragal notch, and the nearest edge of the crus of the helix: the cavum's height */
  incisure: Vec3 | null
  crus: Vec3 | null
  /** edges of tragus and antihelix across the cavum's middle, level with each other */
  tragus: Vec3 | null
  antihelix: Vec3 | null
  /** the sides of the intertragal notch at half its depth */
  notch: readonly [Vec3, Vec3] | null
  /** the cavum's deepest place, and the point over it in the plane of the rim */
  floor: Vec3 | null
  mouth: Vec3 | null
  /** the edge of the cymba across from the crus, along the cavum's height */
  cymba: Vec3 | null
}

const directions = 180
const angleOf = (i: number) => (i * 2 * Math.PI) / directions
/** Rim points whose direction (degrees) lies in a range; ranges may pass 360. */
const inRange = (from: number, to: number) => (i: number) => {
  const degrees = (i * 360) / directions
  return (degrees >= from && degrees <= to) || degrees + 360 <= to
}

/** An edge is the mean of where a wall has turned to each angle between these. */
const turnedFrom = (55 * Math.PI) / 180
const turnedTo = (35 * Math.PI) / 180

/**
 * Walks from a point outwards and finds the edge of the first wall: beyond the wall's steepest place where it has
 * turns through 45° (the mean over 55 to 35°). That is where a person puts the edge of the tragus, antitragus or antihelix.
 * The slope is taken over half a millimetre, so that single triangles do not decide.
 * @returns null where no wall of at least `rise` mm is steepest within `reach` mm, or its edge is not seen
 */
export function wallEdge(
  view: HeightMap,
  from: readonly [x: number, y: number],
  direction: readonly [x: number, y: number],
  { reach, rise }: { reach: number; rise: number },
): Vec3 | null {
  const stride = 0.05
  const window = 5 // strides to either side
  const far = Math.ceil(reach / stride)
  const count = far + Math.ceil(4 / stride)
  const heights = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    heights[i] = heightAt(view, from[0] + direction[0] * i * stride, from[1] + direction[1] * i * stride)
  }
  const gaps = bridged(heights, gapMm / stride)
  const slope = (i: number) => (heights[i + window] - heights[i - window]) / (2 * window * stride)
  // the wall: the steepest rise before the profile falls again by a millimetre
  let floor = heights[0]
  let top = heights[0]
  let end = window
  for (; end < count - window; end++) {
    if (!(heights[end] > -Infinity)) break
    if (heights[end] < floor) {
      floor = heights[end]
      top = floor
    }
    top = Math.max(top, heights[end])
    if (top - floor >= rise && heights[end] < top - 1) break
  }
  if (!(top - floor >= rise)) return null
  let steepest = window
  for (let i = window; i < Math.min(far, end - window); i++) if (slope(i) > slope(steepest)) steepest = i
  if (!(slope(steepest) > 1)) return null
  const place = bendBehind(slope, steepest, end - window)
  if (place === null) return null
  if (gaps.some(([first, last]) => place > first && place < last)) return null
  const at = place * stride
  const x = from[0] + direction[0] * at
  const y = from[1] + direction[1] * at
  return [x, y, heightAt(view, x, y)]
}

/**
 * Where a wall turns through 45°: the mean of where it has turned to each angle from 55 to 35°, since one alone would
 * jump from place to place where the wall bends over slowly.
 * @param slope of the profile at each place, and the steepest place to begin at
 * @returns null for a wall that is still steep at `end`, where the scan or the reach ends
 */
function bendBehind(slope: (i: number) => number, steepest: number, end: number): number | null {
  const angle = (i: number) => Math.max(turnedTo, Math.min(turnedFrom, Math.atan(slope(i))))
  const steep = angle(steepest)
  // the first angles of a wall less steep than they are count where it begins to bend: on a flat triangle one place is
  // as steep as another
  let pending = turnedFrom - steep
  let left = steep
  let sum = 0
  let i = steepest + 1
  for (; i < end && left > turnedTo; i++) {
    const now = Math.min(left, angle(i))
    sum += (left - now) * (i - 0.5)
    left = now
    if (left < steep - 0.02) {
      sum += pending * (i - 0.5)
      pending = 0
    }
  }
  return left > Math.PI / 4 ? null : (sum + (pending + left - turnedTo) * i) / (turnedFrom - turnedTo)
}

/** A hole in the scan is walked over when it is no wider than this: where the canal begins there often is one. */
const gapMm = 8

/**
 * Fills gaps in a floor by straight lines, and one that the profile begins with by what comes after it.
 * @returns the gaps: the last place before each and the first behind it
 */
function bridged(heights: Float64Array, widest: number): [number, number][] {
  const gaps: [number, number][] = []
  for (let i = 0; i < heights.length; i++) {
    if (!Number.isNaN(heights[i])) continue
    const before = i - 1
    while (i < heights.length && Number.isNaN(heights[i])) i++
    if (i - before > widest || i === heights.length) break
    gaps.push([before, i])
    const [a, b] = [heights[before] ?? heights[i], heights[i]]
    // a wall may stand in it
    if (Math.abs(b - a) > 1.5) break
    for (let k = before + 1; k < i; k++) heights[k] = a + ((b - a) * (k - before)) / (i - before)
  }
  return gaps
}

/**
 * Reads the concha. @param near a point of the cavum's floor, to within some millimetres
 * @param size how large the ear is beside the reference (1: the same)
 * @returns null when there are no walls round the place
 */
export function readConcha(view: HeightMap, near: readonly [number, number], size: number): Concha | null {
  // the middle of the cavum is the middle of its rim: begun near, and settled in a few rounds
  let middle = near
  let rim: (Vec3 | null)[] = []
  for (let round = 0; round < 6; round++) {
    const edges = Array.from({ length: directions }, (_, i) =>
      wallEdge(view, middle, [Math.cos(angleOf(i)), Math.sin(angleOf(i))], { reach: 16 * size, rise: 2 }),
    )
    rim = steadied(edges, middle)
    const seen = rim.filter((point) => point !== null)
    if (seen.length < directions / 2) return null
    middle = middleOf(rim, middle)
  }

  const some = (keep: (i: number) => boolean) => rim.filter((point, i): point is Vec3 => point !== null && keep(i))
  // the crus stands above the cavum, between its front end and where its tail meets the antihelix
  const crusEdge = some(inRange(60, 115)).filter((point) => inPlane(point, [...middle, 0]) < 12 * size)
  const notchEdge = some(inRange(195, 245))
  const whole = crusEdge.length >= 10 && notchEdge.length >= 10
  const [incisure, crus] = whole ? farthestFromEdge(notchEdge, crusEdge) : [null, null]
  const [tragus, antihelix] = levelBreadth(view, middle, size) ?? [null, null]

  const front = some(inRange(150, 265))
  // a gap in the rim would pass for a side of the notch
  const notch = front.length === rim.filter((_, i) => inRange(150, 265)(i)).length ? notchSides(front) : null
  // the plane of the rim: tragus, antitragus and antihelix, without the notch between them and the low crus above
  const shoulders = [...some(inRange(145, 172)), ...some(inRange(240, 310)), ...some(inRange(330, 390))]
  const { floor, mouth } = depthBelow(view, shoulders, middle, size) ?? { floor: null, mouth: null }

  const up = incisure && crus && unit2([crus[0] - incisure[0], crus[1] - incisure[1]])
  const cymba = up && beyondCrus(view, crus, up, size)
  return { rim, incisure, crus, tragus, antihelix, notch, floor, mouth, cymba }
}

/**
 * Each edge at the median distance and height of its neighbours, 4° to either side, so that a stray one does not count;
 * and these in the mean over as much again, so that it does not hang on where triangles happen to lie.
 */
function steadied(edges: readonly (Vec3 | null)[], middle: readonly [number, number]): (Vec3 | null)[] {
  const away = edges.map((edge) => edge && Math.hypot(edge[0] - middle[0], edge[1] - middle[1]))
  const high = edges.map((edge) => edge && edge[2])
  const steady = (values: readonly (number | null)[]) => overNeighbours(overNeighbours(values, median), mean)
  const [far, z] = [steady(away), steady(high)]
  return edges.map((_, i) => {
    const [distance, height] = [far[i], z[i]]
    if (distance === null || height === null) return null
    const angle = angleOf(i)
    return [middle[0] + distance * Math.cos(angle), middle[1] + distance * Math.sin(angle), height]
  })
}

/** Round the rim, of each value and its two neighbours on either side; one alone may be missing among them. */
function overNeighbours(values: readonly (number | null)[], of: (near: number[]) => number): (number | null)[] {
  return values.map((value, i) => {
    const near = [-2, -1, 0, 1, 2]
      .map((k) => values[(i + k + directions) % directions])
      .filter((other) => other !== null)
    return near.length < (value === null ? 4 : 3) ? null : of(near)
  })
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const unit2 = ([x, y]: readonly [number, number]): [number, number] => [x / Math.hypot(x, y), y / Math.hypot(x, y)]
export const inPlane = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1])

/** The middle of the area inside the rim; directions without an edge do not count. */
function middleOf(rim: readonly (Vec3 | null)[], about: readonly [number, number]): [number, number] {
  let area = 0
  let x = 0
  let y = 0
  const seen = rim.filter((point) => point !== null)
  seen.forEach((a, i) => {
    const b = seen[(i + 1) % seen.length]
    const twice = (a[0] - about[0]) * (b[1] - about[1]) - (b[0] - about[0]) * (a[1] - about[1])
    area += twice
    x += (twice * (a[0] + b[0] + about[0])) / 3
    y += (twice * (a[1] + b[1] + about[1])) / 3
  })
  return area > 0 ? [x / area, y / area] : [about[0], about[1]]
}

/**
 * Of one edge the place that is farthest from the other, and the other's nearest place to it. Where the distance hardly
 * changes along the edge its points count together, each by how near it comes to the most.
 */
function farthestFromEdge(edge: readonly Vec3[], other: readonly Vec3[]): [Vec3, Vec3] {
  const pairs = edge.map((point) => [point, nearestOn(point, other)] as const)
  const apart = pairs.map(([a, b]) => inPlane(a, b))
  return [most(apart, pairs.map(([a]) => a)), most(apart, pairs.map(([, b]) => b))] // prettier-ignore
}

/** The place where a figure is largest; points where it hardly differs count together. */
export function most(figures: readonly number[], points: readonly Vec3[]): Vec3 {
  const largest = Math.max(...figures)
  const weights = figures.map((figure) => Math.exp((figure - largest) / hardlyMm))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const [x, y, z] = [0, 1, 2].map((k) => weights.reduce((sum, w, i) => sum + w * points[i][k], 0) / total)
  return [x, y, z]
}

/** What a careful person would not tell apart along an edge. */
const hardlyMm = 0.2

/** The nearest point of a line through some points, in the view's plane. */
function nearestOn(point: Vec3, line: readonly Vec3[]): Vec3 {
  let best = line[0]
  for (let i = 0; i + 1 < line.length; i++) {
    const a = line[i]
    const b = line[i + 1]
    const dx = b[0] - a[0]
    const dy = b[1] - a[1]
    const share = Math.max(0, Math.min(1, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)))
    const at: Vec3 = [a[0] + share * dx, a[1] + share * dy, a[2] + share * (b[2] - a[2])]
    if (inPlane(point, at) < inPlane(point, best)) best = at
  }
  return best
}

/** The level breadth between the edges of tragus and antihelix, the mean over a band 4 mm high at the cavum's middle. */
function levelBreadth(view: HeightMap, middle: readonly [number, number], size: number): [Vec3, Vec3] | null {
  const reach = { reach: 17 * size, rise: 2 }
  const edges: { tragus: Vec3; antihelix: Vec3 }[] = []
  for (let y = -1; y <= 3; y += 0.2) {
    const from = [middle[0], middle[1] + y * size] as const
    const tragus = wallEdge(view, from, [-1, 0], reach)
    const antihelix = wallEdge(view, from, [1, 0], reach)
    if (tragus && antihelix) edges.push({ tragus, antihelix })
  }
  if (edges.length < 11) return null
  const mean = (of: 'tragus' | 'antihelix', k: number) =>
    edges.reduce((sum, edge) => sum + edge[of][k], 0) / edges.length
  const at = (of: 'tragus' | 'antihelix'): Vec3 => [mean(of, 0), mean(of, 1), mean(of, 2)]
  return [at('tragus'), at('antihelix')]
}

/**
 * The sides of the intertragal notch: the rim dips between tragus and antitragus, and its width is taken half-way
 * between the dip's lowest point and the lower of its two shoulders.
 */
function notchSides(rim: readonly Vec3[]): [Vec3, Vec3] | null {
  if (rim.length < 20) return null
  const lowest = rim.reduce((best, point, i) => (point[2] < rim[best][2] ? i : best), 0)
  const shoulder = Math.min(
    Math.max(...rim.slice(0, lowest + 1).map((point) => point[2])),
    Math.max(...rim.slice(lowest).map((point) => point[2])),
  )
  // the lowest point itself hangs on single triangles
  const floor = median(rim.slice(Math.max(0, lowest - 6), lowest + 7).map((point) => point[2]))
  const level = (floor + shoulder) / 2
  if (!(level - rim[lowest][2] > 0.3)) return null
  const crossing = (step: 1 | -1): Vec3 | null => {
    for (let i = lowest; i + step >= 0 && i + step < rim.length; i += step) {
      const a = rim[i]
      const b = rim[i + step]
      if (a[2] > level || b[2] <= level) continue
      const share = (level - a[2]) / (b[2] - a[2])
      return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), level]
    }
    return null
  }
  const front = crossing(-1)
  const back = crossing(1)
  return front && back ? [front, back] : null
}

/** The cavum's deepest place below the plane that fits the rim best, and its foot in that plane. */
function depthBelow(view: HeightMap, rim: readonly Vec3[], middle: readonly [number, number], size: number) {
  const plane = fittedPlane(rim)
  if (!plane) return null
  const { height, slopeX, slopeY, about } = plane
  const steep = Math.hypot(1, slopeX, slopeY)
  const level = (x: number, y: number) => height + slopeX * (x - about[0]) + slopeY * (y - about[1])
  let floor: Vec3 | null = null
  let most = 0
  const reach = 6 * size
  for (let y = -reach; y <= reach; y += 0.4) {
    for (let x = -reach; x <= reach; x += 0.4) {
      if (x * x + y * y > reach * reach) continue
      // over a disc of a millimetre: a pit of one triangle is not the floor
      const z = steadyHeight(view, middle[0] + x, middle[1] + y)
      const depth = (level(middle[0] + x, middle[1] + y) - z) / steep
      if (depth > most) {
        most = depth
        floor = [middle[0] + x, middle[1] + y, z]
      }
    }
  }
  if (!floor) return null
  const normal: Vec3 = [-slopeX / steep, -slopeY / steep, 1 / steep]
  const mouth: Vec3 = [floor[0] + normal[0] * most, floor[1] + normal[1] * most, floor[2] + normal[2] * most]
  return { floor, mouth }
}

function steadyHeight(view: HeightMap, x: number, y: number): number {
  let sum = heightAt(view, x, y)
  for (let i = 0; i < 6; i++) sum += heightAt(view, x + Math.cos((i * Math.PI) / 3), y + Math.sin((i * Math.PI) / 3))
  return sum / 7
}

/** z = height + slopes·(x, y) by least squares. */
function fittedPlane(points: readonly Vec3[]) {
  if (points.length < 12) return null
  const about = [0, 1, 2].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length)
  let xx = 0
  let xy = 0
  let yy = 0
  let xz = 0
  let yz = 0
  for (const point of points) {
    const [x, y, z] = [point[0] - about[0], point[1] - about[1], point[2] - about[2]]
    xx += x * x
    xy += x * y
    yy += y * y
    xz += x * z
    yz += y * z
  }
  const det = xx * yy - xy * xy
  if (!(det > 1e-9)) return null
  return { about, height: about[2], slopeX: (xz * yy - yz * xy) / det, slopeY: (yz * xx - xz * xy) / det }
}

/**
 * The edge of the cymba straight across from the crus: over its ridge, down, and up to the next wall. The mean of
 * the middle third of lines side by side, 3 mm broad in all, since one alone hangs on the triangles it meets.
 */
function beyondCrus(view: HeightMap, crus: Vec3, up: readonly [number, number], size: number): Vec3 | null {
  const edges: Vec3[] = []
  for (let aside = -1.5; aside <= 1.5; aside += 0.25) {
    const start = [crus[0] + up[1] * aside * size, crus[1] - up[0] * aside * size] as const
    // the ridge of the crus is passed first: the lowest place within some millimetres is the cymba's floor
    let floor = Infinity
    let at = 0
    for (let s = 0.5; s <= 6 * size; s += 0.1) {
      const z = heightAt(view, start[0] + up[0] * s, start[1] + up[1] * s)
      if (z < floor) {
        floor = z
        at = s
      }
    }
    const edge = wallEdge(view, [start[0] + up[0] * at, start[1] + up[1] * at], up, { reach: 12 * size, rise: 1.5 })
    if (edge) edges.push(edge)
  }
  if (edges.length < 7) return null
  const far = (edge: Vec3) => (edge[0] - crus[0]) * up[0] + (edge[1] - crus[1]) * up[1]
  const third = Math.floor(edges.length / 3)
  const middle = edges.sort((a, b) => far(a) - far(b)).slice(third, edges.length - third)
  // some lines meet one wall, some another
  if (far(middle[middle.length - 1]) - far(middle[0]) > 1) return null
  const along = mean(middle.map(far))
  return [crus[0] + up[0] * along, crus[1] + up[1] * along, mean(middle.map((edge) => edge[2]))]
}
