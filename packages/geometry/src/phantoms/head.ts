import type { Mesh } from '../mesh/mesh.ts'
import { icosphere } from '../mesh/shapes.ts'
import { unit, type Vec3 } from '../mesh/vector.ts'

/** What is true of a head phantom, mm. */
export interface HeadTruth {
  readonly head_length: number
  readonly head_breadth: number
  readonly head_circumference: number
}

/**
 * An ellipsoid as a head: x forward, y left, z up, every vertex on it.
 * @param axes semi-axes along x, y and z, mm
 * @param points about how many vertices
 */
export function ellipsoidHead(axes: Vec3, points = 30_000): { mesh: Mesh; truth: HeadTruth } {
  const ball = icosphere(1, Math.max(1, Math.round(Math.sqrt(points / 10))))
  const positions = ball.positions.map((value, i) => value * axes[i % 3])
  const [a, b] = axes
  return {
    mesh: { positions, triangles: ball.triangles },
    truth: { head_length: 2 * a, head_breadth: 2 * b, head_circumference: ellipsePerimeter(a, b) },
  }
}

/** The perimeter of an ellipse, by the arithmetic-geometric mean (exact to rounding: Gauss 1818, Adlaj 2012). */
export function ellipsePerimeter(a: number, b: number): number {
  let x = Math.max(a, b)
  let y = Math.min(a, b)
  let power = 0.5
  let sum = x * x - power * (x * x - y * y)
  while (x - y > 1e-13 * x) {
    const difference = (x - y) / 2
    ;[x, y] = [(x + y) / 2, Math.sqrt(x * y)]
    power *= 2
    sum -= power * difference * difference
  }
  return (2 * Math.PI * sum) / x
}

/** A bump on a head phantom: so many mm outwards in a direction, falling off smoothly to nothing. */
interface Bump {
  /** direction from the middle; y and -y when it stands on both sides */
  readonly at: Vec3
  readonly height: number
  /** half widths, radians: to the sides, upwards, downwards */
  readonly wide: number
  readonly up: number
  readonly down: number
}

/**
 * A head with a face: an ellipsoid skull with brows, nose, lips, chin, eye hollows, ears with a concha, and a neck's
 * stump. The ears end below the largest breadth, so that it is the ellipsoid's.
 */
export function facedHead({ points = 30_000, axes = [97, 76, 112] as Vec3 } = {}): {
  mesh: Mesh
  truth: Pick<HeadTruth, 'head_breadth'>
} {
  const ball = icosphere(1, Math.max(1, Math.round(Math.sqrt(points / 10))))
  const bumps: Bump[] = [
    { at: [1, 0, -0.5], height: 27, wide: 0.16, up: 0.42, down: 0.14 }, // nose
    { at: [1, 0, -0.78], height: 7, wide: 0.3, up: 0.07, down: 0.12 }, // lips
    { at: [1, 0, -1.15], height: 16, wide: 0.4, up: 0.16, down: 0.22 }, // chin
    { at: [1, 0.34, -0.2], height: -7, wide: 0.2, up: 0.12, down: 0.16 }, // eye hollows
    { at: [1, 0.2, 0.02], height: 3, wide: 0.25, up: 0.1, down: 0.1 }, // brows
    { at: [-0.1, 1, -0.44], height: 22, wide: 0.3, up: 0.36, down: 0.4 }, // ears
    { at: [-0.08, 1, -0.45], height: -20, wide: 0.16, up: 0.2, down: 0.2 }, // conchas
  ]
  const positions = new Float64Array(ball.positions.length)
  for (let i = 0; i < positions.length; i += 3) {
    const d: Vec3 = [ball.positions[i], ball.positions[i + 1], ball.positions[i + 2]]
    const skull = 1 / Math.hypot(d[0] / axes[0], d[1] / axes[1], d[2] / axes[2])
    const r = Math.max(skull + bumps.reduce((sum, bump) => sum + heightOf(bump, d), 0), neckAlong(d))
    positions[i] = r * d[0]
    positions[i + 1] = r * d[1]
    positions[i + 2] = r * d[2]
  }
  return {
    mesh: { positions, triangles: ball.triangles },
    truth: { head_breadth: 2 * axes[1] },
  }
}

function heightOf({ at, height, wide, up, down }: Bump, d: Vec3): number {
  const mirrored: Vec3 = [d[0], at[1] === 0 ? d[1] : Math.abs(d[1]), d[2]]
  const middle = unit(at)
  if (mirrored[0] * middle[0] + mirrored[1] * middle[1] < 0) return 0
  const turn = Math.atan2(mirrored[1], mirrored[0]) - Math.atan2(middle[1], middle[0])
  const rise = Math.asin(mirrored[2]) - Math.asin(middle[2])
  const away = Math.hypot(turn / wide, rise > 0 ? rise / up : rise / down)
  return away < 1 ? height * (1 - away * away) ** 2 : 0
}

/** A neck of 55 mm radius, cut off level 150 mm below the middle of the head: how far it reaches in a direction. */
function neckAlong(d: Vec3): number {
  if (d[2] > -0.3) return 0
  const axis = Math.hypot(d[0] + 0.12, d[1])
  return axis < 1e-9 ? 150 / -d[2] : Math.min(150 / -d[2], 55 / axis)
}
