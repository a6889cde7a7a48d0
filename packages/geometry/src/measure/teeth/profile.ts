import { applyTo, turn } from '../../mesh/matrix.ts'
import { castRay } from '../../mesh/ray.ts'
import { alongCurve, type ArchCurve, type Station } from './curve.ts'
import type { ArchScan } from './pose.ts'

/** What the row of teeth is like, station by station along the curve of the arch, from the right end (negative angles). */
export interface RowProfile {
  /** mm between stations */
  readonly pace: number
  readonly stations: readonly Station[]
  /** mm: height of the highest place across the row over the level; -Infinity where there is nothing */
  readonly tops: Float64Array
  /** mm: how thick the row is, from cheek to tongue, within 5 mm of the tops */
  readonly thickness: Float64Array
  /** fractional numbers of the stations between which there are teeth */
  readonly from: number
  readonly to: number
}

const pace = 0.4
/** mm between places across the row, and their number to each side */
const across = 0.35
const half = 21

/**
 * Looks down on the row of teeth along its curve. Between two teeth the row is thinner than in their middles, on the
 * side of the cheek and on that of the tongue: more plainly so than it is lower there.
 */
export function rowProfile(scan: ArchScan, curve: ArchCurve): RowProfile | null {
  const stations = alongCurve(curve, pace)
  const down = turn(scan.back, [0, 0, -1])
  const tops = new Float64Array(stations.length).fill(-Infinity)
  const thickness = new Float64Array(stations.length)
  stations.forEach(({ angle, x, y }, i) => {
    const before = stations[Math.max(0, i - 1)]
    const after = stations[Math.min(stations.length - 1, i + 1)]
    const [tx, ty] = [after.x - before.x, after.y - before.y]
    const size = Math.hypot(tx, ty)
    const level = curve.top(angle)
    for (let k = -half; k <= half; k++) {
      const u = k * across
      const from = applyTo(scan.back, [x + (u * ty) / size, y - (u * tx) / size, 12])
      const hit = castRay(scan.bvh, from, down, { max: 30 })
      if (!hit) continue
      const h = 12 - hit.t
      if (h > tops[i]) tops[i] = h
      thickness[i] += across * Math.min(1, Math.max(0, h - (level - 5)))
    }
  })
  const from = endOfRow(tops, 1)
  const to = endOfRow(tops, -1)
  return to - from > 60 ? { pace, stations, tops, thickness, from, to } : null
}

/** Where the teeth begin, going inwards from one end of the curve: within 2 mm of the highest place of the first 11 mm. */
function endOfRow(tops: Float64Array, sense: 1 | -1): number {
  const at = (k: number) => (sense > 0 ? k : tops.length - 1 - k)
  const reach = Math.round(11 / pace)
  let first = 0
  while (first < tops.length && !(tops[at(first)] > -7)) first++
  let highest = -Infinity
  for (let k = first; k < Math.min(tops.length, first + reach); k++) highest = Math.max(highest, tops[at(k)])
  let k = first
  while (k < tops.length - 1 && tops[at(k)] < highest - 2) k++
  if (k === first) return at(k)
  // between this station and the one before
  const [low, high] = [tops[at(k - 1)], tops[at(k)]]
  return at(k) - sense * ((high - (highest - 2)) / (high - low))
}

/** Where two teeth stand next to each other: fractional numbers of stations; the same twice where they touch. */
export interface Contact {
  /** where the tooth before it ends */
  readonly from: number
  /** where the tooth after it begins: farther on where there is a gap */
  readonly to: number
}

/**
 * The contacts between neighbouring teeth: places where the row is thinner by 14 % and more than on both sides, until
 * the next such place. A gap is where it is thinner than a quarter of both sides for more than 2.5 mm.
 */
export function contactsOf({ thickness, tops, from, to }: RowProfile): Contact[] {
  const smooth = Array.from(thickness, (_, i) => {
    const near = [-2, -1, 0, 1, 2].map((k) => thickness[Math.min(thickness.length - 1, Math.max(0, i + k))])
    return (near[0] + 2 * near[1] + 3 * near[2] + 2 * near[3] + near[4]) / 9
  })
  const out: Contact[] = []
  // from maximum to minimum to maximum, each turn by 14 % (hysteresis)
  let rising = true
  const first = Math.ceil(from)
  let high = smooth[first]
  let low = first
  for (let i = first; i <= to; i++) {
    if (rising) {
      if (smooth[i] > high) high = smooth[i]
      else if (smooth[i] < 0.86 * high) {
        rising = false
        low = i
      }
    } else if (smooth[i] < smooth[low]) low = i
    else if (0.86 * smooth[i] > smooth[low]) {
      out.push(contactAt(smooth, tops, low, 0.25 * Math.min(high, smooth[i])))
      rising = true
      high = smooth[i]
    }
  }
  return out
}

function contactAt(smooth: readonly number[], tops: Float64Array, low: number, thin: number): Contact {
  let [a, b] = [low, low]
  while (a > 0 && smooth[a] < thin) a--
  while (b < smooth.length - 1 && smooth[b] < thin) b++
  if ((b - a) * pace > 2.5) return { from: a, to: b }
  // within 1.2 mm: where it is thin and low
  const reach = Math.round(1.2 / pace)
  const badness = (i: number) => smooth[i] + tops[i]
  let best = low
  for (let i = Math.max(1, low - reach); i <= Math.min(smooth.length - 2, low + reach); i++) {
    if (badness(i) < badness(best)) best = i
  }
  const [p, q, r] = [badness(best - 1), badness(best), badness(best + 1)]
  const bend = p - 2 * q + r
  const at = best + (bend > 0 ? Math.min(1, Math.max(-1, (p - r) / (2 * bend))) : 0)
  return { from: at, to: at }
}
