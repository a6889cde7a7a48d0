import type { Mesh } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { type Circle, outlineOf, type PlanOutline } from './foot-plan.ts'

/** A solid like a left foot: an outline of circles and tangents, a flat sole with a vault, and a sloping back. */
export interface FootShape {
  /** circles whose convex outline is the foot in plan: heel at x = 0, toes towards +x, the big toe's side -y */
  readonly circles: readonly Circle[]
  /** height of the back at heel and toes, and between which x it falls from one to the other, mm */
  readonly back: { readonly heel: number; readonly toes: number; readonly from: number; readonly to: number }
  /** share by which the back is higher 100 mm farther to the right */
  readonly lean: number
  /** radius by which the sole's rim is rounded at heel and toes, mm: the foot is broadest at this height */
  readonly rim: { readonly heel: number; readonly toes: number }
  /** farthest from the rim that the back still rises, mm */
  readonly shoulder: number
  /** vault of the sole at the inner side: height, and its middle and half length along x, mm */
  readonly vault: { readonly height: number; readonly at: number; readonly half: number }
}

/** 261 mm long, 97 mm broad, with an arch of 14 mm. */
export const footShape: FootShape = {
  circles: [
    { x: 32, y: 0, r: 32 },
    { x: 190, y: -13, r: 38 },
    { x: 164, y: 12, r: 38 },
    { x: 233, y: -14, r: 27 },
  ],
  back: { heel: 96, toes: 24, from: 60, to: 240 },
  lean: 0.12,
  rim: { heel: 18, toes: 10 },
  shoulder: 40,
  vault: { height: 14, at: 105, half: 48 },
}

/** The solid as heights over its plan. */
export interface FootSolid {
  readonly shape: FootShape
  readonly outline: PlanOutline
  /** height of sole and back over a point of the plan; null outside */
  heights(x: number, y: number): { bottom: number; top: number } | null
}

export function footSolid(shape: FootShape = footShape): FootSolid {
  const outline = outlineOf(shape.circles)
  const { rim, shoulder, back, lean, vault } = shape
  const smooth = (t: number) => (t <= 0 ? 0 : t >= 1 ? 1 : (1 - Math.cos(Math.PI * t)) / 2)
  const vaultAt = (x: number, y: number) => {
    const along = Math.abs(x - vault.at) / vault.half
    // fully vaulted at the inner side, to 12 mm right of the axis; flat from 16 mm left of it
    return along < 1 ? vault.height * Math.cos((Math.PI / 2) * along) ** 2 * smooth((16 - y) / 28) : 0
  }
  return {
    shape,
    outline,
    heights(x, y) {
      const depth = outline.depth(x, y)
      if (depth < -1e-9) return null
      const inside = Math.max(0, depth)
      const fallen = smooth((x - back.from) / (back.to - back.from))
      const high = (back.heel + (back.toes - back.heel) * fallen) * (1 - (lean * y) / 100)
      const round = rim.heel + (rim.toes - rim.heel) * fallen
      const vaulted = vaultAt(x, y)
      const waist = round + vaulted
      const rise = high - waist
      // where the back is low its side is round like the sole's rim, where it is high it is steeper
      const inRim = Math.max(0, round - inside)
      const inShoulder = Math.max(0, 1 - inside / Math.min(shoulder, (rise * rise) / round))
      return {
        bottom: vaulted + round - Math.sqrt(round ** 2 - inRim ** 2),
        top: waist + rise * Math.sqrt(1 - inShoulder ** 2),
      }
    },
  }
}

/**
 * The solid's surface. Every vertex lies on it, and a row of vertices runs round its broadest line.
 * @param points about how many vertices
 */
export function footPhantom(points = 30000, shape: FootShape = footShape): Mesh {
  const solid = footSolid(shape)
  const { outline } = solid
  const length = outline.reach(0)
  const around = 2 * Math.round(Math.sqrt(points) / 2)
  const along = Math.round(points / around)
  return ringed(along, around, length, (x, phi) => {
    const ends = outline.across(x)!
    const y = (ends[0] + ends[1]) / 2 + ((ends[1] - ends[0]) / 2) * Math.cos(phi)
    const { bottom, top } = solid.heights(x, y)!
    return [x, y, phi <= Math.PI ? top : bottom]
  })
}

/** A foot as simple as can be: elliptic slices along a straight axis, on a flat ground where they touch it. */
export interface PlainFoot {
  readonly length: number
  readonly heelWidth: number
  readonly ballWidth: number
  /** height of the slice at the middle */
  readonly instepHeight: number
}

/**
 * A solid of slices: breadth runs smoothly from the heel's to the ball's, height falls from heel to toes, both ends are
 * round. Its slices are half ellipses over a flat sole.
 */
export function plainFoot({ length, heelWidth, ballWidth, instepHeight }: PlainFoot, points = 30000): Mesh {
  const around = 2 * Math.round(Math.sqrt(points) / 2)
  return ringed(Math.round(points / around), around, length, (x, phi) => {
    const half = plainBreadth({ length, heelWidth, ballWidth, instepHeight }, x) / 2
    const high = instepHeight * (1.5 - x / length) * plainRound(x / length)
    const y = half * Math.cos(phi)
    return [x, y, phi <= Math.PI ? high * Math.sin(phi) : 0]
  })
}

/** Breadth of the slice at x, mm. */
export function plainBreadth({ length, heelWidth, ballWidth }: PlainFoot, x: number): number {
  const t = Math.max(0, Math.min(1, (x / length - 0.15) / 0.55))
  return (heelWidth + (ballWidth - heelWidth) * t * t * (3 - 2 * t)) * plainRound(x / length)
}

/** 1 in the middle, an ellipse's quarter over the first 15 and the last 30 hundredths. */
function plainRound(t: number): number {
  const off = t < 0.15 ? (0.15 - t) / 0.15 : t > 0.7 ? (t - 0.7) / 0.3 : 0
  return Math.sqrt(Math.max(0, 1 - off * off))
}

/** Rings of vertices round an axis, denser towards both ends, closed by a vertex at each. */
function ringed(along: number, around: number, length: number, at: (x: number, phi: number) => Vec3): Mesh {
  const positions: number[] = [...at(0, 0)]
  for (let i = 1; i < along; i++) {
    const x = (length * (1 - Math.cos((Math.PI * i) / along))) / 2
    for (let k = 0; k < around; k++) positions.push(...at(x, (2 * Math.PI * k) / around))
  }
  positions.push(...at(length, 0))
  const last = positions.length / 3 - 1
  const vertex = (i: number, k: number) => (i === 0 ? 0 : i === along ? last : 1 + (i - 1) * around + (k % around))
  const triangles: number[] = []
  for (let i = 0; i < along; i++) {
    for (let k = 0; k < around; k++) {
      const [a, b, c, d] = [vertex(i, k), vertex(i, k + 1), vertex(i + 1, k + 1), vertex(i + 1, k)]
      if (a !== b) triangles.push(a, b, c)
      if (c !== d) triangles.push(a, c, d)
    }
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}
