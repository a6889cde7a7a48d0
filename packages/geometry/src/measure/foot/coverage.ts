import type { Foot } from './frame.ts'
import { across, cut, level } from './slices.ts'

/** Bins of 6° round the middle of a slice. */
const bins = 60

/**
 * How much of each region the scan covers, 0 to 1: the share of directions round the middle of slices in which there
 * is a surface. The sole is looked at from below, the sides from both sides, the instep from above, from behind the
 * toes to where the leg begins; the heel from behind, the toes from all sides.
 */
export function coverageOf(foot: Foot): Record<string, number> {
  const { length } = foot
  const seen: Record<string, [number, number]> = {}
  const count = (region: string, share: number) => {
    const sum = (seen[region] ??= [0, 0])
    sum[0] += share
    sum[1]++
  }
  for (let share = 0.06; share < 0.97; share += 0.045) {
    const round = roundSlice(foot, share * length)
    count('sole', between(round, 235, 305))
    if (share > 0.1) count('sides', (between(round, 155, 215) + between(round, -35, 25)) / 2)
    if (share > 0.5 && share < 0.85) count('instep', between(round, 50, 130))
    if (share > 0.85) count('toes', (between(round, 0, 180) + between(round, 180, 360)) / 2)
  }
  for (const z of [0.04, 0.07, 0.1, 0.13]) count('heel', behind(foot, z * length))
  count('toes', ahead(foot, 0.05 * length))
  return Object.fromEntries(Object.entries(seen).map(([region, [sum, n]]) => [region, n > 0 ? sum / n : 0]))
}

/** The bins of a slice across the foot in which there is a surface, anticlockwise from +y towards +z. */
function roundSlice(foot: Foot, x: number): Uint8Array {
  const lines = cut(foot, across(x))
  let right = Infinity
  let left = -Infinity
  let top = 0
  for (const { points } of lines) {
    for (let i = 0; i < points.length; i += 3) {
      top = Math.max(top, points[i + 2])
      if (points[i + 2] > foot.low) continue
      right = Math.min(right, points[i + 1])
      left = Math.max(left, points[i + 1])
    }
  }
  const out = new Uint8Array(bins)
  if (!(left > right)) return out
  // the middle of what is low: a leg above it must not pull it up
  const middle = [(left + right) / 2, Math.min(top, 0.2 * foot.length) / 2]
  for (const { points, closed } of lines) {
    const n = points.length / 3
    for (let i = 0; i < (closed ? n : n - 1); i++) {
      const j = (i + 1) % n
      mark(
        out,
        (points[3 * i + 1] - middle[0]) / (left - right),
        (points[3 * i + 2] - middle[1]) / Math.max(2 * middle[1], 1e-9),
        (points[3 * j + 1] - middle[0]) / (left - right),
        (points[3 * j + 2] - middle[1]) / Math.max(2 * middle[1], 1e-9),
      )
    }
  }
  return out
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
const behind = (foot: Foot, z: number) => end(foot, z, 0.13 * foot.length, -1)
const ahead = (foot: Foot, z: number) => end(foot, z, 0.87 * foot.length, 1)

function end(foot: Foot, z: number, x: number, sign: 1 | -1): number {
  const out = new Uint8Array(bins)
  for (const { points, closed } of cut(foot, level(z))) {
    const n = points.length / 3
    for (let i = 0; i < (closed ? n : n - 1); i++) {
      const j = (i + 1) % n
      if (sign * (points[3 * i] - x) < 0 || sign * (points[3 * j] - x) < 0) continue
      mark(out, sign * (points[3 * i] - x), points[3 * i + 1], sign * (points[3 * j] - x), points[3 * j + 1])
    }
  }
  return between(out, -75, 75)
}
