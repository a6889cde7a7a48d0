import type { Vec3 } from '../../mesh/vector.ts'
import { heightAt, type HeightMap } from '../../mesh/height-map.ts'

/**
 * The concha in the lateral view of a left ear (x backwards, y up, z outward, mm): its rim as seen from the middle of
 * the cavum, and what is read from it. A rim point is where the wall has turned to less than 45° (see `wallEdge`).
 */
export interface Concha {
  /** the rim round the cavum, one point or nothing for each of 180 directions, 2° apart, anticlockwise from backwards */
  rim: readonly (Vec3 | null)[]
  /** lowest edge of the intertragal notch, and the nearest edge of the crus of the helix: the cavum's height */
  incisure: Vec3
  crus: Vec3
  /** edges of tragus and antihelix across the cavum's middle, level with each other */
  tragus: Vec3
  antihelix: Vec3
  /** the sides of the intertragal notch at half its depth */
  notch: readonly [Vec3, Vec3] | null
  /** the cavum's deepest place, and the point over it in the plane of the rim */
  floor: Vec3
  mouth: Vec3
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

/**
 * Walks from a point outwards and finds the edge of the first wall: beyond the wall's steepest place the first point
 * where it has turned to less than 45°. That is where a person puts the edge of the tragus, antitragus or antihelix.
 * The slope is taken over half a millimetre, so that single triangles do not decide.
 * @returns null where no wall of at least `rise` mm stands within `reach` mm
 */
export function wallEdge(
  view: HeightMap,
  from: readonly [x: number, y: number],
  direction: readonly [x: number, y: number],
  { reach, rise }: { reach: number; rise: number },
): Vec3 | null {
  const stride = 0.05
  const window = 5 // strides to either side
  const count = Math.ceil(reach / stride) + 2 * window
  const heights = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    heights[i] = heightAt(view, from[0] + direction[0] * i * stride, from[1] + direction[1] * i * stride)
  }
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
  for (let i = window; i < end - window; i++) if (slope(i) > slope(steepest)) steepest = i
  if (!(slope(steepest) > 1)) return null
  let i = steepest
  while (i < end - window && slope(i) > 1) i++
  // between the last steep place and this one, by a straight line
  const share = (slope(i - 1) - 1) / (slope(i - 1) - slope(i) || 1)
  const at = (i - 1 + Math.max(0, Math.min(1, share))) * stride
  const x = from[0] + direction[0] * at
  const y = from[1] + direction[1] * at
  return [x, y, heightAt(view, x, y)]
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
  if (crusEdge.length < 10 || notchEdge.length < 10) return null
  const [incisure, crus] = farthestFromEdge(notchEdge, crusEdge)

  const breadth = levelBreadth(view, middle, size)
  if (!breadth) return null
  const [tragus, antihelix] = breadth

  const notch = notchSides(some(inRange(150, 265)))
  // the plane of the rim: tragus, antitragus and antihelix, without the notch between them and the low crus above
  const shoulders = [...some(inRange(145, 172)), ...some(inRange(240, 310)), ...some(inRange(330, 390))]
  const depth = depthBelow(view, shoulders, middle, size)
  if (!depth) return null

  const up = unit2([crus[0] - incisure[0], crus[1] - incisure[1]])
  const cymba = beyondCrus(view, crus, up, size)
  return { rim, incisure, crus, tragus, antihelix, notch, ...depth, cymba }
}

/** Each edge at the median distance and height of its neighbours, 4° to either side: a stray one does not count. */
function steadied(edges: readonly (Vec3 | null)[], middle: readonly [number, number]): (Vec3 | null)[] {
  const medianOf = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]
  return edges.map((edge, i) => {
    const near = [-2, -1, 0, 1, 2]
      .map((k) => edges[(i + k + directions) % directions])
      .filter((point) => point !== null)
    if (edge === null || near.length < 3) return null
    const away = medianOf(near.map((point) => Math.hypot(point[0] - middle[0], point[1] - middle[1])))
    const angle = angleOf(i)
    return [
      middle[0] + away * Math.cos(angle),
      middle[1] + away * Math.sin(angle),
      medianOf(near.map((point) => point[2])),
    ]
  })
}

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

/** Of one edge the point that is farthest from the other, and the other's nearest point to it. */
function farthestFromEdge(edge: readonly Vec3[], other: readonly Vec3[]): [Vec3, Vec3] {
  let best: [Vec3, Vec3] = [edge[0], other[0]]
  let most = -1
  for (const point of edge) {
    let nearest = nearestOn(point, other)
    const distance = inPlane(point, nearest)
    if (distance > most) {
      most = distance
      best = [point, nearest]
    }
  }
  return best
}

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
  const level = (rim[lowest][2] + shoulder) / 2
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
 * The edge of the cymba straight across from the crus: over its ridge, down, and up to the next wall. The median of
 * seven lines side by side, 3 mm broad in all, since one alone hangs on the triangles it meets.
 */
function beyondCrus(view: HeightMap, crus: Vec3, up: readonly [number, number], size: number): Vec3 | null {
  const edges: Vec3[] = []
  for (let aside = -1.5; aside <= 1.5; aside += 0.5) {
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
  if (edges.length < 4) return null
  const far = (edge: Vec3) => (edge[0] - crus[0]) * up[0] + (edge[1] - crus[1]) * up[1]
  const middle = edges.sort((a, b) => far(a) - far(b))[edges.length >> 1]
  return [crus[0] + up[0] * far(middle), crus[1] + up[1] * far(middle), middle[2]]
}
