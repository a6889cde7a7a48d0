import type { Bvh } from '../../mesh/bvh.ts'
import { dot, subtract } from '../../mesh/vector.ts'
import { median, directions, capBeyond, findRim, type Rim } from './canal-ends.ts'
import { along, type CentreLine, chordsOf, lineThrough } from './canal-line.ts'
import type { RoughTube } from './canal-ring.ts'
import { type Samples, samplesNear, straighten } from './canal-samples.ts'
import { figuresOf } from './canal-section.ts'
import { fitWall, tabulate, type Wall, wavesAt } from './canal-wall.ts'

/** How a tube ends. */
export interface TubeEnd {
  readonly rim: Rim
  /** `surface`: it opens into something wider; `open`: the scan ends; `closed`: something closes it; `other`: it loses its shape */
  readonly kind: 'surface' | 'open' | 'closed' | 'other'
  /** arc length to which the wall goes, and that at which the centre line meets the end */
  readonly wall: number
  readonly tip: number
}

/** A tube with its centre line and wall, in harmony: at each station the middle of the section is on the line. */
export interface Tube {
  readonly line: CentreLine
  readonly wall: Wall
  readonly samples: Samples
  /** standard deviation of the surface about the fitted wall, mm */
  readonly noise: number
  readonly ends: readonly [TubeEnd, TubeEnd]
  /** share of the wall that the scan shows, and that of the direction where it shows least */
  readonly coverage: number
  readonly leastCovered: number
}

/** The middles of sections that still count as known, beyond which the line goes straight on, mm. */
const beyond = 8

/** Brings centre line, wall and ends of a tube into harmony, from a rough beginning. */
export function fitTube(bvh: Bvh, rough: RoughTube): Tube | null {
  const state = begin(bvh, rough)
  return state && settle(bvh, state)
}

interface State {
  line: CentreLine
  samples: Samples
  wall: Wall
  noise: number
}

/** Without ends yet: the wall where rays met it all round. */
function begin(bvh: Bvh, rough: RoughTube): State | null {
  const points = denser(rough.points.map((p) => [...p]))
  const trim = rough.length > 5 ? 0.75 : 0
  let line = lineThrough(points, chordsOf(points), null, 5, beyond)
  if (!line) return null
  const widest = Math.max(...rough.rings.map((ring) => ring.radius))
  const samples = samplesNear(bvh.mesh, line, 1.5 * widest + 3.5)
  let wall: Wall | null = null
  let noise = 0.3
  for (let round = 0; round < 3; round++) {
    straighten(samples, line)
    const [from, to] = [trim, line.length - trim]
    const ringAt = (s: number) => {
      const i = Math.round((s / line!.length) * (rough.rings.length - 1))
      return rough.rings[Math.min(rough.rings.length - 1, Math.max(0, i))]
    }
    const before: ((s: number, theta: number) => number) | null = wall && tabulate(wall, from, to)
    const within = Math.max(0.4, 4 * noise)
    const use = (i: number) => {
      const s = samples.s[i]
      if (!(s >= from && s <= to)) return false
      if (before) return Math.abs(samples.r[i] - before(s, samples.theta[i])) < within
      const ring = ringAt(s)
      return samples.r[i] > 0.7 * ring.least && samples.r[i] < 1.25 * ring.most + 0.2
    }
    wall = fitWall(samples, from, to, use)
    if (!wall) return null
    noise = noiseOf(samples, wall, use)
    if (round < 2) {
      const moved = centred(line, wall, 0, line.length, noise)
      if (!moved) return null
      line = moved.line
    }
  }
  return wall && { line, samples, wall, noise }
}

function settle(bvh: Bvh, { line: start, samples, wall: firstWall, noise: firstNoise }: State): Tube | null {
  let line = start
  let wall = firstWall
  let noise = firstNoise
  let rims: [Rim, Rim] | null = null
  let last = false
  for (let round = 0; round < 14; round++) {
    if (round > 0) {
      straighten(samples, line)
      const use = usable(samples, wall, rims!, noise)
      const [low, high] = [rims![0].s, rims![1].s]
      const fitted = fitWall(samples, low, high, use, noise)
      if (!fitted) return null
      wall = fitted
      noise = noiseOf(samples, wall, use)
      if (last) break
    }
    const found = findRims(bvh, line, wall, rims, noise)
    const change = rims ? Math.max(Math.abs(found[0].s - rims[0].s), Math.abs(found[1].s - rims[1].s)) : Infinity
    rims = found
    const [from, to] = evenStretch(
      wall,
      fullFrom(rims[0], -1) + marginOf(noise),
      fullFrom(rims[1], 1) - marginOf(noise),
    )
    const moved = centred(line, wall, from, to, noise)
    if (!moved) return null
    last = (moved.most < 1e-3 && change < 2e-3) || round === 12
    // rims in the new line's arc length
    line = moved.line
    rims = [shiftRim(rims[0], -from), shiftRim(rims[1], -from)]
    wall = { ...wall, from: wall.from - from, to: wall.to - from }
  }
  return finish(line, wall, samples, rims!, noise)
}

const shiftRim = (rim: Rim, by: number): Rim => ({ ...rim, at: rim.at.map((s) => s + by), s: rim.s + by })

function findRims(bvh: Bvh, line: CentreLine, wall: Wall, known: [Rim, Rim] | null, noise: number): [Rim, Rim] {
  const find = (side: 1 | -1): Rim => {
    const rim = known?.[side < 0 ? 0 : 1]
    if (!rim) {
      const end = side < 0 ? wall.from : wall.to
      const inside = Math.min(2.5, 0.3 * (wall.to - wall.from))
      return findRim(bvh, line, wall, { side, from: end - side * inside, to: end + side * 7, pace: 0.2, noise })
    }
    const spread = Math.hypot(rim.lean[0], rim.lean[1])
    const margin = 0.6 + spread + 4 * noise
    const inside = Math.min(margin, 0.4 * (wall.to - wall.from))
    return findRim(bvh, line, wall, { side, from: rim.s - side * inside, to: rim.s + side * margin, pace: 0.05, noise })
  }
  return [find(-1), find(1)]
}

/** The arc length from which (to which) the wall is there in nearly all directions. */
function fullFrom({ s, at, lean }: Rim, side: 1 | -1): number {
  const spread = Math.hypot(lean[0], lean[1])
  const sorted = at.slice().sort()
  const full = side < 0 ? sorted[Math.floor(0.85 * directions)] : sorted[Math.floor(0.15 * directions)]
  return s - side * Math.min(spread, Math.abs(full - s))
}

/** This near to its rim a wall is not looked at: what is outside may have strayed there, mm. */
const marginOf = (noise: number) => 0.03 + Math.min(0.4, 3 * noise)

/** A wall that slopes more than this says little about where the line goes: a tilted section of it is not in its middle. */
const evenSlope = 0.2

/** The part of a stretch without a flare at its beginning or end. */
function evenStretch(wall: Wall, from: number, to: number): [number, number] {
  const most = 0.3 * (to - from)
  let [a, b] = [from, to]
  while (a - from < most && Math.abs(slopeAt(wall, a)) > evenSlope) a += 0.02
  while (to - b < most && Math.abs(slopeAt(wall, b)) > evenSlope) b -= 0.02
  return [a, b]
}

/** Which samples belong to the wall. */
function usable(samples: Samples, wall: Wall, [low, high]: [Rim, Rim], noise: number): (i: number) => boolean {
  const margin = marginOf(noise)
  const before = tabulate(wall, wall.from - 0.5, wall.to + 0.5)
  const within = Math.max(0.3, 4 * noise)
  return (i) => {
    const s = samples.s[i]
    if (!(s > low.s - 3 && s < high.s + 3)) return false
    const theta = samples.theta[i]
    if (s < rimAt(low, theta) + margin || s > rimAt(high, theta) - margin) return false
    return s >= wall.from && s <= wall.to && Math.abs(samples.r[i] - before(s, theta)) < within
  }
}

function rimAt({ at }: Rim, theta: number): number {
  const t = ((theta / (2 * Math.PI)) * directions + 2 * directions) % directions
  const i = Math.floor(t)
  return at[i] + (t - i) * (at[(i + 1) % directions] - at[i])
}

/** From the median of the residuals, so that what does not belong counts little. */
function noiseOf(samples: Samples, wall: Wall, use: (i: number) => boolean): number {
  const radius = tabulate(wall, wall.from, wall.to)
  const apart: number[] = []
  for (let i = 0; i < samples.count; i++) {
    if (use(i)) apart.push(Math.abs(samples.r[i] - radius(samples.s[i], samples.theta[i])))
  }
  return apart.length === 0 ? Infinity : 1.4826 * median(Float64Array.from(apart))
}

/**
 * A new line through the middles of the sections between two arc lengths, and how far they are from the old one.
 *
 * Where the wall widens (by m mm a mm, at radius r), a section that is tilted by e' has its middle m·r·e' aside, for on
 * one side it lies where the tube is wider. So the line is sought whose positions and directions together explain where
 * the middles are: one step of Newton's method, without which a line in a flare never comes to rest.
 */
function centred(line: CentreLine, wall: Wall, from: number, to: number, noise: number) {
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
  const moved = lineThrough(points, at, levers, 0.05 + 200 * Math.min(0.15, noise) ** 2, beyond)
  return moved && { line: moved, most: apart(line, from, moved) }
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
function denser(points: number[][]): Float64Array {
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

function finish(line: CentreLine, wall: Wall, samples: Samples, rims: [Rim, Rim], noise: number): Tube {
  const radius = tabulate(wall, wall.from, wall.to)
  const end = (side: 1 | -1): TubeEnd => {
    const rim = rims[side < 0 ? 0 : 1]
    const { around, ahead } = beyondRim(samples, radius, rim, side)
    if (around > 0.5) return { rim, kind: 'surface', wall: rim.s, tip: rim.s }
    const r = figuresOf(wavesAt(wall, rim.s)).diameter / 2
    const tip = capBeyond(samples, rim.s, side, r)
    if (!Number.isNaN(tip)) return { rim, kind: 'closed', wall: rim.s, tip }
    return { rim, kind: ahead > 0.5 || rim.widens > 0.5 ? 'other' : 'open', wall: rim.s, tip: rim.s }
  }
  return { line, wall, samples, noise, ends: [end(-1), end(1)], ...coverageOf(samples, wall, radius, noise) }
}

/** Shares of the directions in which there is surface outside the rim, and further on along the line. */
function beyondRim(samples: Samples, radius: (s: number, theta: number) => number, rim: Rim, side: 1 | -1) {
  const bins = 24
  const around = new Uint8Array(bins)
  const ahead = new Uint8Array(bins)
  for (let i = 0; i < samples.count; i++) {
    const s = samples.s[i]
    const theta = samples.theta[i]
    const out = side * (s - rimAt(rim, theta))
    if (!(out > -2 && out < 4)) continue
    const wall = radius(rim.s, theta)
    const bin = Math.floor(((theta / (2 * Math.PI) + 1) % 1) * bins)
    const wider = samples.r[i] - wall
    if (wider > 0.5 && wider < 3.5) around[bin] = 1
    else if (out > 0.7 && wider > -0.5 * wall) ahead[bin] = 1
  }
  const share = (set: Uint8Array) => set.reduce((sum, one) => sum + one, 0) / bins
  return { around: share(around), ahead: share(ahead) }
}

/** How much of the wall has samples: in cells of about 1 mm along and 22.5° round. */
function coverageOf(samples: Samples, wall: Wall, radius: (s: number, theta: number) => number, noise: number) {
  const rows = Math.max(1, Math.round(wall.to - wall.from))
  const round = 16
  const cells = new Uint8Array(rows * round)
  for (let i = 0; i < samples.count; i++) {
    const s = samples.s[i]
    if (!(s >= wall.from && s < wall.to)) continue
    if (Math.abs(samples.r[i] - radius(s, samples.theta[i])) > Math.max(0.3, 4 * noise)) continue
    const row = Math.floor(((s - wall.from) / (wall.to - wall.from)) * rows)
    cells[row * round + Math.floor(((samples.theta[i] / (2 * Math.PI) + 1) % 1) * round)] = 1
  }
  let seen = 0
  let leastCovered = 1
  for (let c = 0; c < round; c++) {
    let column = 0
    for (let row = 0; row < rows; row++) column += cells[row * round + c]
    seen += column
    leastCovered = Math.min(leastCovered, column / rows)
  }
  return { coverage: seen / (rows * round), leastCovered }
}
