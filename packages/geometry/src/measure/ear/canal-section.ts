import type { Vec3 } from '../../mesh/vector.ts'
import { along, type CentreLine } from './canal-line.ts'
import { radiiOf, radiusOf } from './canal-wall.ts'

/** What a closed curve round a canal's centre line is like. */
export interface SectionFigures {
  /** mm² */
  area: number
  /** 2·√(area/π), mm */
  diameter: number
  perimeter: number
  /** full axes of the ellipse that has the same second moments of area, mm */
  major: number
  minor: number
  /** of the major axis from the frame's first direction, radians */
  axisAngle: number
  /** the area's middle, mm in the frame's first and second direction */
  u: number
  v: number
}

const steps = 128
const cosines = Float64Array.from({ length: steps }, (_, i) => Math.cos((2 * Math.PI * i) / steps))
const sines = Float64Array.from({ length: steps }, (_, i) => Math.sin((2 * Math.PI * i) / steps))

/** Area, middle and moments of a section from its waves; the trapezoidal rule is exact to rounding on smooth curves. */
export function figuresOf(section: Float64Array): SectionFigures {
  let area = 0
  let u = 0
  let v = 0
  let uu = 0
  let uv = 0
  let vv = 0
  let perimeter = 0
  let [lastX, lastY, midX, midY] = [0, 0, 0, 0]
  radiiOf(section, steps, radii)
  for (let i = 0; i < steps; i++) {
    const r = radii[i]
    const [x, y] = [r * cosines[i], r * sines[i]]
    const r2 = r * r
    area += r2 / 2
    u += (r2 * x) / 3
    v += (r2 * y) / 3
    uu += (r2 * x * x) / 4
    uv += (r2 * x * y) / 4
    vv += (r2 * y * y) / 4
  }
  const slice = (2 * Math.PI) / steps
  area *= slice
  u *= slice / area
  v *= slice / area
  uu = (uu * slice) / area - u * u
  uv = (uv * slice) / area - u * v
  vv = (vv * slice) / area - v * v
  // the polygon's length, and that of every second point: Richardson's step takes the chords' error out
  let coarse = 0
  for (let i = 0; i <= steps; i++) {
    const k = i % steps
    const [x, y] = [radii[k] * cosines[k], radii[k] * sines[k]]
    if (i > 0) perimeter += Math.hypot(x - lastX, y - lastY)
    if (i % 2 === 0) {
      if (i > 0) coarse += Math.hypot(x - midX, y - midY)
      ;[midX, midY] = [x, y]
    }
    ;[lastX, lastY] = [x, y]
  }
  perimeter += (perimeter - coarse) / 3
  const spread = Math.hypot((uu - vv) / 2, uv)
  return {
    area,
    diameter: 2 * Math.sqrt(area / Math.PI),
    perimeter,
    major: 4 * Math.sqrt((uu + vv) / 2 + spread),
    minor: 4 * Math.sqrt(Math.max(0, (uu + vv) / 2 - spread)),
    axisAngle: Math.atan2(2 * uv, uu - vv) / 2,
    u,
    v,
  }
}

const radii = new Float64Array(steps)

/** A section's points in space, in order. */
export function outlineOf(line: CentreLine, section: Float64Array, s: number, points = 48): Vec3[] {
  const [cx, cy, cz] = along(line, line.centres, s)
  const a = along(line, line.first, s, true)
  const b = along(line, line.second, s, true)
  return Array.from({ length: points }, (_, i): Vec3 => {
    const theta = (2 * Math.PI * i) / points
    const r = radiusOf(section, theta)
    const [x, y] = [r * Math.cos(theta), r * Math.sin(theta)]
    return [cx + x * a[0] + y * b[0], cy + x * a[1] + y * b[1], cz + x * a[2] + y * b[2]]
  })
}
