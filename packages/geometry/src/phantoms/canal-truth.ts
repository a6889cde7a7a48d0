import { step, type Vec3 } from '../mesh/vector.ts'
import type { CanalPath } from './canal-path.ts'
import type { CanalKey, CanalShape } from './canal-shape.ts'

/** The slope at which a wall is canal no longer: half a millimetre of radius in one of length. */
const mouthSlope = 0.5

export interface SectionTruth {
  readonly area: number
  /** 2·√(area/π) */
  readonly diameter: number
  readonly perimeter: number
  readonly major: number
  readonly minor: number
}

export interface BendTruth extends SectionTruth {
  /** the middle of the arc, mm from the entrance plane */
  readonly distance: number
  readonly angleDeg: number
  /** between the section's major axis and the plane of the bend, 0 to 90 */
  readonly axisAngleDeg: number
}

export interface CanalTruth {
  readonly length: number
  /** mean of the sections' equivalent diameters over the wall: to where a round end closes by more than mouthSlope */
  readonly diameter: number
  readonly entrance: SectionTruth & { readonly centre: Vec3; readonly inward: Vec3 }
  /** arcs of 8° and more, from the entrance inwards */
  readonly bends: readonly BendTruth[]
  /** from the entrance to the end, a point each 0.25 mm or a little less */
  readonly centreLine: readonly Vec3[]
}

export function truthOf({ path: pieces, mouth }: CanalShape, path: CanalPath): CanalTruth {
  const rounding = mouth?.kind === 'plate' ? (mouth.rounding ?? 0) : 0
  const slope = Math.atan(mouthSlope)
  // a quarter round leaves the wall at s = rounding, and has the mouth's slope here:
  const from = rounding * (1 - Math.sin(slope))
  const widened = 2 * rounding * (1 - Math.cos(slope))
  const first = path.sectionAt(from)
  const entrance = sectionTruth({ ...first, axes: [first.axes[0] + widened, first.axes[1] + widened] })
  const { centre, tangent } = path.frameAt(from)
  const bends: BendTruth[] = []
  let at = 0
  for (const piece of pieces) {
    const size = 'straight' in piece ? piece.straight : piece.length
    if ('bendDeg' in piece && Math.abs(piece.bendDeg) >= 8) {
      const section = path.sectionAt(at + size / 2)
      bends.push({
        ...sectionTruth(section),
        distance: at + size / 2 - from,
        angleDeg: Math.abs(piece.bendDeg),
        axisAngleDeg: axisAngle(section, piece.planeDeg ?? 0),
      })
    }
    at += size
  }
  const total = path.length + path.capLength
  const points = Math.ceil((total - from) * 4)
  const centreLine = Array.from({ length: points + 1 }, (_, i): Vec3 => {
    const s = from + ((total - from) * i) / points
    const frame = path.frameAt(Math.min(s, path.length))
    return step(frame.centre, frame.tangent, Math.max(0, s - path.length))
  })
  const diameter = meanDiameter(path, from, rounding)
  return { length: total - from, diameter, entrance: { ...entrance, centre, inward: tangent }, bends, centreLine }
}

/** By Simpson's rule over the wall, with the rounded rim and the first part of a round end. */
function meanDiameter(path: CanalPath, from: number, rounding: number): number {
  const cap = path.capLength
  const last = path.sectionAt(path.length)
  const lastDiameter = Math.sqrt(last.axes[0] * last.axes[1])
  // the half ellipsoid's mean radius is √(ab)·√(1-x²/cap²): its slope is -mouthSlope at
  const to = path.length + (cap > 0 ? (mouthSlope * cap ** 2) / Math.hypot(mouthSlope * cap, lastDiameter / 2) : 0)
  const diameterAt = (s: number) => {
    if (s > path.length) return lastDiameter * Math.sqrt(1 - ((s - path.length) / cap) ** 2)
    const [a, b] = path.sectionAt(s).axes
    const wider = s < rounding ? 2 * (rounding - Math.sqrt(rounding ** 2 - (rounding - s) ** 2)) : 0
    return Math.sqrt((a + wider) * (b + wider))
  }
  const steps = 4000
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    sum += diameterAt(from + ((to - from) * i) / steps) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2)
  }
  return sum / (3 * steps)
}

export function sectionTruth({ axes }: Pick<CanalKey, 'axes'>): SectionTruth {
  const [a, b] = [Math.max(...axes) / 2, Math.min(...axes) / 2]
  const area = Math.PI * a * b
  // the trapezoidal rule is exact to rounding for a smooth closed curve
  let perimeter = 0
  const steps = 2000
  for (let i = 0; i < steps; i++) {
    const t = (2 * Math.PI * i) / steps
    perimeter += (Math.hypot(a * Math.sin(t), b * Math.cos(t)) * 2 * Math.PI) / steps
  }
  return { area, diameter: 2 * Math.sqrt(area / Math.PI), perimeter, major: 2 * a, minor: 2 * b }
}

function axisAngle({ axes, turnDeg = 0 }: CanalKey, planeDeg: number): number {
  const apart = Math.abs(turnDeg + (axes[0] >= axes[1] ? 0 : 90) - planeDeg) % 180
  return apart > 90 ? 180 - apart : apart
}
