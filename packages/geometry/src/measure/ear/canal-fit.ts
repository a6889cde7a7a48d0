import type { Bvh } from '../../mesh/bvh.ts'
import { dot, subtract, type Vec3 } from '../../mesh/vector.ts'
import { findRim, type Rim } from './canal-ends.ts'
import { fullFrom, isSmooth, marginOf, sharpened, wallBetween } from './canal-rim.ts'
import { along, type CentreLine, chordsOf, lineThrough } from './canal-line.ts'
import type { Ring, RoughTube } from './canal-ring.ts'
import { type Samples, gathered, samplesNear, straighten } from './canal-samples.ts'
import { figuresOf } from './canal-section.ts'
import { doubtAboutTube, doubtAboutWall, feltAs, longest, type Tube, tubeOf } from './canal-tube.ts'
import { fitWall, tabulate, type Wall, wavesAt } from './canal-wall.ts'

/** The middles of sections that still count as known, beyond which the line goes straight on, mm. */
const beyond = 8

/**
 * Brings centre line, wall and ends of a tube into harmony, from a rough beginning.
 * @returns the tube, or what speaks against its being an ear canal
 */
export function fitTube(bvh: Bvh, found: RoughTube): Tube | string {
  if (found.length > longest + 5) return 'what is tube-like is too long'
  const rough = fromTheWiderEnd(found)
  const points = denser(rough.points)
  const line = lineThrough(points, chordsOf(points), null, 5, beyond)
  if (!line) return noTube
  const reach = 1.5 * Math.max(...rough.rings.map((ring) => ring.radius)) + 3.5
  const samples = samplesNear(bvh.mesh, line, reach)
  if (samples.grain > 0.7 * found.rings[found.rings.length >> 1].radius) return 'the scan is too coarse to show a canal'
  let state = begin(samples, line, rough)
  // The ends are found and kept while line and wall settle, then found again, until they stay where they are. On a
  // rough surface they never quite do: from the fifth pass on they are means over the passes.
  let rims: [Rim, Rim] | null = null
  let earlier: State | null = null
  for (let pass = 0; state; pass++) {
    straighten(samples, state.line)
    const before: [Rim, Rim] | null = rims && [moved(rims[0], state.wall.from, -1), moved(rims[1], state.wall.to, 1)]
    const seen: [Rim, Rim] = findRims(bvh, state, before, samples)
    const share = pass < 4 ? 1 : 1 / (pass - 2)
    rims = before ? [blended(before[0], seen[0], share), blended(before[1], seen[1], share)] : seen
    const still = before !== null && Math.abs(seen[0].s - before[0].s) + Math.abs(seen[1].s - before[1].s) < 1e-3
    const last = pass === 9 || (still && earlier !== null && atRest(earlier, state))
    if (last || pass === 0 || pass === 2) {
      // what turns out to be no canal is not worth more passes
      const tube = tubeOf(state.line, state.wall, state.noise, rims, samples)
      const doubt = pass === 0 ? doubtAboutWall(tube) : doubtAboutTube(tube)
      if (doubt || last) return doubt ?? tube
    }
    earlier = state
    state = settle(samples, state, rims)
  }
  return noTube
}

const noTube = 'what is tube-like has no even wall'

/** A rim in the arc lengths of a line that has been laid anew: the wall still ends where it did. */
function moved(rim: Rim, end: number, side: 1 | -1): Rim {
  const by = end - side * wallBeyond(rim) - rim.s
  return { ...rim, s: rim.s + by, at: rim.at.map((s) => s + by) }
}

/** How far beyond a rim the wall is fitted, mm. */
const wallBeyond = (rim: Rim) => (isSmooth(rim) ? rim.gentle : 0)

function blended(before: Rim, found: Rim, share: number): Rim {
  if (before.sharp !== found.sharp || isSmooth(before) !== isSmooth(found)) return found
  const mix = (a: number, b: number) => a + share * (b - a)
  return {
    ...found,
    s: mix(before.s, found.s),
    at: found.at.map((s, d) => mix(before.at[d], s)),
    flare: found.flare.map((slope, d) => mix(before.flare[d], slope)),
    lean: [mix(before.lean[0], found.lean[0]), mix(before.lean[1], found.lean[1])],
  }
}

/** Which way a tube was followed is chance; it is laid down the same way each time. */
function fromTheWiderEnd(rough: RoughTube): RoughTube {
  const third = Math.ceil(rough.rings.length / 3)
  const width = (rings: Ring[]) => rings.reduce((sum, ring) => sum + ring.radius, 0)
  if (width(rough.rings.slice(0, third)) >= width(rough.rings.slice(-third))) return rough
  return { ...rough, points: rough.points.toReversed(), rings: rough.rings.toReversed() }
}

/** Whether a line runs where it ran before, to 0.001 mm; where the wall's ends are off by less than that is not asked. */
function atRest({ line: before }: State, { line }: State): boolean {
  const centre = along(line, line.centres, 0)
  let from = 0
  let least = Infinity
  for (let i = 0; i < before.count; i++) {
    const at = before.centres.subarray(3 * i, 3 * i + 3)
    const d = Math.hypot(at[0] - centre[0], at[1] - centre[1], at[2] - centre[2])
    if (d < least) {
      least = d
      from = before.from + i * before.spacing
    }
  }
  const ahead = dot(subtract(centre, along(before, before.centres, from)), along(before, before.tangents, from, true))
  return apart(before, from + ahead, line) < 5e-4
}

interface State {
  readonly line: CentreLine
  readonly wall: Wall
  readonly noise: number
}

/** Without ends yet: the wall where rays met it all round. */
function begin(samples: Samples, start: CentreLine, rough: RoughTube): State | null {
  let trim = rough.length > 5 ? 0.75 : 0
  const ringAt = (share: number) => rough.rings[Math.round(Math.min(1, Math.max(0, share)) * (rough.rings.length - 1))]
  let line = start
  let wall: Wall | null = null
  let noise = 0.3
  for (let round = 0; ; round++) {
    straighten(samples, line)
    const [from, to] = [trim, line.length - trim]
    const before = wall && tabulate(wall, from, to)
    const within = Math.max(0.4, 4 * noise)
    const used = chosen(samples, (s, theta, r) => {
      if (!(s >= from && s <= to)) return 0
      if (before) return Math.abs(r - before(s, theta)) < within ? 1 : 0
      const ring = ringAt(s / line.length)
      return r > 0.7 * ring.least && r < 1.25 * ring.most + 0.2 ? 1 : 0
    })
    const cells = gathered(samples, used, from, to)
    straighten(cells, line)
    wall = fitWall(cells, from, to)
    if (!wall) return null
    noise = noiseOf(samples, wall, used)
    if (round === 2) return { line, wall, noise }
    const next = centred(line, wall, from, to, feltAs(noise, samples))
    if (!next) return null
    line = next
    trim = 0
  }
}

function chosen({ count, s, theta, r }: Samples, use: (s: number, theta: number, r: number) => number): Float64Array {
  const out = new Float64Array(count)
  for (let i = 0; i < count; i++) out[i] = use(s[i], theta[i], r[i])
  return out
}

/** Turns line and wall into one another until they stand still, with the same samples and between the same ends. */
function settle(samples: Samples, state: State, [low, high]: [Rim, Rim]): State | null {
  const used = chosen(samples, wallBetween(state.wall, [low, high], state.noise))
  const [evenFrom, evenTo] = evenStretch(
    state.wall,
    fullFrom(low, -1) + Math.max(0, marginOf(low, state.noise)),
    fullFrom(high, 1) - Math.max(0, marginOf(high, state.noise)),
  )
  // mm that the wall reaches beyond the stretch through which the line is laid
  const before = evenFrom - low.s + wallBeyond(low)
  const behind = high.s - evenTo + wallBeyond(high)
  let { line, noise } = state
  let [from, to] = [evenFrom, evenTo]
  const cells = gathered(samples, used, from - before, to + behind)
  for (let round = 0; ; round++) {
    straighten(cells, line)
    const wall = fitWall(cells, from - before, to + behind, feltAs(noise, samples))
    if (!wall) return null
    if (round === 0) noise = noiseOf(samples, wall, used)
    const next = centred(line, wall, from, to, feltAs(noise, samples))
    if (!next) return null
    if (apart(line, from, next) < 3e-4 || round === 7) return { line, wall, noise }
    line = next
    from = 0
    to = line.length
  }
}

function findRims(bvh: Bvh, { line, wall, noise }: State, known: [Rim, Rim] | null, samples: Samples): [Rim, Rim] {
  const find = (side: 1 | -1): Rim => {
    const rim = known?.[side < 0 ? 0 : 1]
    if (!rim) {
      // from the middle outwards: what was followed may have gone far into a mouth
      const end = side < 0 ? wall.from : wall.to
      const from = (wall.from + wall.to) / 2
      return findRim(bvh, line, wall, { side, from, to: end + side * 7, pace: 0.2, noise })
    }
    const margin = 0.6 + Math.hypot(rim.lean[0], rim.lean[1]) + 4 * noise
    const beyond = margin + 2 // where the wall goes on for longer, it has no rim
    const inside = Math.min(margin - 0.2 - noise, 0.4 * (wall.to - wall.from))
    return findRim(bvh, line, wall, {
      side,
      from: rim.s - side * inside,
      to: rim.s + side * beyond,
      pace: noise > 0.05 ? 0.15 : 0.1,
      noise,
    })
  }
  return [sharpened(find(-1), samples, wall, -1, noise), sharpened(find(1), samples, wall, 1, noise)]
}

/** A wall that slopes more than this says little about where the line goes: a tilted section of it is not in its middle. */
const evenSlope = 0.35

/** The part of a stretch without a flare at its beginning or end. */
function evenStretch(wall: Wall, from: number, to: number): [number, number] {
  const most = 0.3 * (to - from)
  let [a, b] = [from, to]
  while (a - from < most && Math.abs(slopeAt(wall, a)) > evenSlope) a += 0.02
  while (to - b < most && Math.abs(slopeAt(wall, b)) > evenSlope) b -= 0.02
  return [a, b]
}

/** How much stiffer noise makes the line. */
const stiffening = 2500
const leastStiff = 0.05

/** From the median of the residuals by area, so that what does not belong counts little. */
function noiseOf(samples: Samples, wall: Wall, used: Float64Array): number {
  const radius = tabulate(wall, wall.from, wall.to)
  // a histogram instead of sorting: 0.0005 mm a bin, more than 2 mm in the last one
  const bins = new Float64Array(4001)
  let total = 0
  for (let i = 0; i < samples.count; i++) {
    if (used[i] < 0.5) continue
    const off = Math.abs(samples.r[i] - radius(samples.s[i], samples.theta[i]))
    bins[Math.min(4000, Math.floor(off * 2000))] += samples.weights[i]
    total += samples.weights[i]
  }
  if (total === 0) return Infinity
  let bin = 0
  let sum = bins[0]
  while (sum < total / 2) sum += bins[++bin]
  const share = 1 - (sum - total / 2) / bins[bin]
  return (1.4826 * (bin + share)) / 2000
}

/**
 * A new line through the middles of the sections between two arc lengths, and how far they are from the old one.
 *
 * Where the wall widens (by m mm a mm, at radius r), a section that is tilted by e' has its middle m·r·e' aside, for on
 * one side it lies where the tube is wider. So the line is sought whose positions and directions together explain where
 * the middles are: one step of Newton's method, without which a line in a flare never comes to rest.
 */
function centred(line: CentreLine, wall: Wall, from: number, to: number, felt: number) {
  const steps = Math.max(6, Math.round((to - from) / 0.2))
  const points = new Float64Array(3 * (steps + 1))
  const at = new Float64Array(steps + 1)
  const levers = new Float64Array(steps + 1)
  for (let i = 0; i <= steps; i++) {
    at[i] = ((to - from) * i) / steps
    const s = from + at[i]
    const section = wavesAt(wall, s)
    const { u, v } = figuresOf(section)
    levers[i] = section[0] * slopeAt(wall, s)
    const centre = along(line, line.centres, s)
    const tangent = along(line, line.tangents, s, true)
    const a = along(line, line.first, s, true)
    const b = along(line, line.second, s, true)
    for (let axis = 0; axis < 3; axis++) {
      points[3 * i + axis] = centre[axis] + u * a[axis] + v * b[axis] + levers[i] * tangent[axis]
    }
  }
  // noise asks for a stiffer line; without any the spline follows arcs that begin abruptly
  return lineThrough(points, at, levers, leastStiff + stiffening * felt ** 2, beyond)
}

/** How far a new line is from an old one, whose arc length `from` is the new one's beginning; at most, mm. */
function apart(old: CentreLine, from: number, line: CentreLine): number {
  let most = 0
  for (let s = 0; s <= line.length; s += line.length / 40) {
    const here = along(line, line.centres, s)
    const there = along(old, old.centres, from + s)
    const tangent = along(line, line.tangents, s)
    const away = subtract(here, there)
    const ahead = dot(away, tangent)
    most = Math.max(most, Math.sqrt(Math.max(0, dot(away, away) - ahead * ahead)))
  }
  return most
}

/** How fast the mean radius grows, mm a mm. */
const slopeAt = (wall: Wall, s: number) => (wavesAt(wall, s + 0.05)[0] - wavesAt(wall, s - 0.05)[0]) / 0.1

/** Points about 0.2 mm apart along a polyline. */
function denser(points: readonly Vec3[]): Float64Array {
  const out: number[] = []
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b] = [points[i], points[i + 1]]
    const parts = Math.max(1, Math.round(Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]) / 0.2))
    for (let k = 0; k < parts; k++)
      for (let axis = 0; axis < 3; axis++) out.push(a[axis] + ((b[axis] - a[axis]) * k) / parts)
  }
  out.push(...points[points.length - 1])
  return Float64Array.from(out)
}
