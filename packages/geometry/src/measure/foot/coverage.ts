import { openTowards } from './border.ts'
import type { Foot } from './frame.ts'
import { reachOf } from './slices.ts'
import { cut, level } from './surface.ts'

/** Bins of 6° round the middle of a slice. */
const bins = 60

/**
 * How much of each region the scan covers, 0 to 1: the share of directions round the middle of slices in which there
 * is a surface. The sole is looked at from below, the sides from both sides, the instep from above, from behind the
 * toes to where the leg begins; the heel from behind. Toes stand apart: of them it is told how nearly their slices
 * close, less what is open in front.
 */
export function coverageOf(foot: Foot): Record<string, number> {
  const { length } = foot
  const seen: Record<string, [number, number]> = {}
  const count = (region: string, share: number) => {
    const sum = (seen[region] ??= [0, 0])
    sum[0] += share
    sum[1]++
  }
  const front = closureAhead(foot)
  for (let at = 6; at < 98; at += 4) {
    const round = roundSlice(foot, at)
    count('sole', between(round, 235, 305))
    if (at > 10) count('sides', (between(round, 155, 215) + between(round, -35, 25)) / 2)
    if (at > 50 && at < 85) count('instep', between(round, 50, 130))
    if (at > 85) count('toes', closure(foot, at) * front)
  }
  for (const z of [0.04, 0.07, 0.1, 0.13]) count('heel', behind(foot, z * length))
  return Object.fromEntries(Object.entries(seen).map(([region, [sum, n]]) => [region, n > 0 ? sum / n : 0]))
}

/** The bins of a slice across the foot in which there is a surface, anticlockwise from +y towards +z. */
function roundSlice({ slices, low, length }: Foot, at: number): Uint8Array {
  const out = new Uint8Array(bins)
  const reach = reachOf(slices, at - 1, low)
  if (!reach) return out
  // the middle of what is low: a leg above it must not pull it up
  const y = (reach.left + reach.right) / 2
  const wide = reach.left - reach.right
  const high = Math.max(1e-9, Math.min(reach.top, 0.2 * length))
  const { from, pieces } = slices
  for (let k = 4 * from[at - 1]; k < 4 * from[at]; k += 4) {
    mark(
      out,
      (pieces[k] - y) / wide,
      (pieces[k + 1] - high / 2) / high,
      (pieces[k + 2] - y) / wide,
      (pieces[k + 3] - high / 2) / high,
    )
  }
  return out
}

/** 1 for a slice that is closed above and at its sides; what is missing there counts against its breadth. */
function closure({ slices, low }: Foot, at: number): number {
  const reach = reachOf(slices, at - 1, low)
  if (!reach) return 0
  const { from, pieces } = slices
  let y = 0
  let z = 0
  for (let k = 4 * from[at - 1]; k < 4 * from[at]; k += 4) {
    y += pieces[k + 2] - pieces[k]
    z += pieces[k + 3] - pieces[k + 1]
  }
  // the back of the foot runs towards -y: where it is missing, y is left over. A missing sole is the sole's matter.
  return Math.max(0, 1 - Math.hypot(Math.max(0, y), z) / (reach.left - reach.right))
}

/** 1 for a front that is closed; what is open there counts against the box round the slice behind the toes' tips. */
function closureAhead(foot: Foot): number {
  const open = openTowards(foot, [1, 0, 0], foot.length)
  const reach = reachOf(foot.slices, 84, foot.low)
  return open > 0 && reach ? Math.max(0, 1 - open / ((reach.left - reach.right) * reach.top)) : 1
}

/** Marks the bins that a stretch of a line passes, the shorter way round. */
function mark(out: Uint8Array, ax: number, ay: number, bx: number, by: number) {
  const from = Math.atan2(ay, ax)
  let turn = Math.atan2(by, bx) - from
  if (turn > Math.PI) turn -= 2 * Math.PI
  if (turn < -Math.PI) turn += 2 * Math.PI
  const steps = Math.ceil((Math.abs(turn) / (2 * Math.PI)) * bins * 2) + 1
  for (let k = 0; k <= steps; k++) {
    const angle = (from + (turn * k) / steps) / (2 * Math.PI)
    out[Math.floor((angle - Math.floor(angle)) * bins) % bins] = 1
  }
}

function between(round: Uint8Array, fromDeg: number, toDeg: number): number {
  let seen = 0
  let all = 0
  for (let angle = fromDeg + 3; angle < toDeg; angle += 6) {
    all++
    seen += round[Math.floor((((angle % 360) + 360) % 360) / 6)]
  }
  return all > 0 ? seen / all : 0
}

/** The share of a level slice's hind end in which there is a surface, from one side of the heel round to the other. */
function behind(foot: Foot, z: number): number {
  const x = 0.13 * foot.length
  const out = new Uint8Array(bins)
  for (const { points, closed } of cut(foot, level(z))) {
    const n = points.length / 3
    for (let i = 0; i < (closed ? n : n - 1); i++) {
      const j = (i + 1) % n
      if (points[3 * i] > x || points[3 * j] > x) continue
      mark(out, x - points[3 * i], points[3 * i + 1], x - points[3 * j], points[3 * j + 1])
    }
  }
  return between(out, -75, 75)
}
