import { capBeyond, type Rim } from './canal-ends.ts'
import type { CentreLine } from './canal-line.ts'
import { beyondRim } from './canal-rim.ts'
import type { Samples } from './canal-samples.ts'
import { figuresOf } from './canal-section.ts'
import { tabulate, type Wall, wavesAt } from './canal-wall.ts'

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
  /** standard deviation of the surface about the fitted wall, mm */
  readonly noise: number
  /** what that does to a fit, mm² */
  readonly felt: number
  readonly ends: readonly [TubeEnd, TubeEnd]
  /** share of the wall that the scan shows, and that of the direction where it shows least */
  readonly coverage: number
  readonly leastCovered: number
}

/** What an ear canal may be like, mm: the widest is three times the area of a usual entrance (97 ± 24 mm²). */
export const widest = 9
export const longest = 50
const narrowest = 1.5
const shortest = 3

/** What noise does to a fit: it counts for as much as the samples lie apart, for large triangles average little out. */
export const feltAs = (noise: number, { grain }: Samples) => Math.min(0.06, noise * Math.max(0.2, grain))

export function tubeOf(line: CentreLine, wall: Wall, noise: number, rims: [Rim, Rim], samples: Samples): Tube {
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
  return {
    line,
    wall,
    noise,
    felt: feltAs(noise, samples),
    ends: [end(-1), end(1)],
    ...coverageOf(samples, wall, radius, noise),
  }
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

/** What speaks against a tube's wall being that of an ear canal, for people; null when nothing does. */
export function doubtAboutWall({ wall, noise, coverage, leastCovered }: Tube): string | null {
  const steps = 30
  const radii = Array.from({ length: steps + 1 }, (_, i) => {
    return figuresOf(wavesAt(wall, wall.from + ((wall.to - wall.from) * i) / steps)).diameter / 2
  })
  const mean = radii.reduce((sum, radius) => sum + radius, 0) / radii.length
  // once as permissive as the ends, where a mouth may have been taken in
  if (!(Math.min(...radii) > 0.7 * narrowest && mean <= widest)) return 'what is tube-like is too narrow or too wide'
  if (!(coverage >= 0.7 && leastCovered >= 0.35)) return 'what is tube-like is open along one side'
  if (!(noise < 0.12 * mean)) return 'what is tube-like has no even wall'
  return null
}

/** What speaks against a tube being an ear canal, for people; null when nothing does. */
export function doubtAboutTube(tube: Tube): string | null {
  const { wall, ends } = tube
  const doubt = doubtAboutWall(tube)
  if (doubt) return doubt
  const blind = ends.some(({ kind }) => kind === 'open' || kind === 'closed')
  if (!blind) return 'what is tube-like opens into something wider at both ends'
  const length = ends[1].wall - ends[0].wall
  let [least, most, mean] = [Infinity, 0, 0]
  const steps = 40
  for (let i = 0; i <= steps; i++) {
    const radius = figuresOf(wavesAt(wall, ends[0].wall + (length * i) / steps)).diameter / 2
    least = Math.min(least, radius)
    most = Math.max(most, radius)
    mean += radius / (steps + 1)
  }
  if (!(least >= narrowest && most <= widest)) return 'what is tube-like is too narrow or too wide'
  if (!(length >= Math.max(shortest, 1.2 * mean))) return 'what is tube-like is too short'
  if (!(ends[1].tip - ends[0].tip <= longest)) return 'what is tube-like is too long'
  return null
}
