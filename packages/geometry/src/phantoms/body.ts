import { union } from '../field/combine.ts'
import { capsule, type Sdf, sphere, taperedCapsule } from '../field/shapes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { ellipsePerimeter } from './head.ts'

/** mm: height of the summits of a phantom's breasts */
export const breastsAt = 1252

/** Half axes of the torso's elliptic sections: height, to the sides, to front and back; mm. */
const torso = [
  [790, 168, 112],
  [900, 172, 122],
  [1080, 136, 100],
  [1240, 160, 118],
  [1380, 150, 84],
  [1440, 70, 60],
] as const

/**
 * A body as a tailor's dummy: x forward, y left, z up, the floor at z = 0, arms held off by 45° and bent
 * forward by 20° at the elbow, or level and straight. The torso has
 * level elliptic sections, its widest at the hips and chest, its narrowest at the waist, and ends level at the crotch.
 * With breasts, their summits are at `breastsAt` over the floor, and a rib margin below them reaches farther forward.
 */
export function bodyPhantom({ cell = 9, level = false, breasts = false } = {}): {
  mesh: Mesh
  truth: Record<string, number>
} {
  const sides = [1, -1].flatMap((side): Sdf[] => {
    const shoulder: Vec3 = [0, side * 172, 1372]
    const fall = level ? 0 : Math.SQRT1_2
    const out = level ? 1 : Math.SQRT1_2
    const bend = level ? 0 : Math.PI / 9
    const at = (way: number): Vec3 => {
      const along = Math.min(way, 300) + Math.max(0, way - 300) * Math.cos(bend)
      const ahead = Math.max(0, way - 300) * Math.sin(bend)
      return [ahead, shoulder[1] + side * along * out, shoulder[2] - along * fall]
    }
    return [
      capsule([0, side * 93, 830], [0, side * 93, 480], 78),
      taperedCapsule([0, side * 93, 490], 74, [0, side * 93, 90], 36),
      capsule([-60, side * 93, 34], [150, side * 93, 34], 34),
      capsule(shoulder, at(300), 48),
      taperedCapsule(at(300), 44, at(540), 26),
      taperedCapsule(at(575), 34, at(690), 22),
    ]
  })
  const head: Sdf = (x, y, z) => (Math.hypot(x / 96, y / 76, (z - 1640) / 110) - 1) * 76
  const front = breasts
    ? [sphere([82, 72, breastsAt], 45), sphere([82, -72, breastsAt], 45), sphere([96, 0, 1182], 40)]
    : []
  const body = union(column, capsule([-4, 0, 1400], [0, 0, 1580], 57), head, ...sides, ...front)
  const reach = level ? 1000 : 800
  const mesh = surfaceOfSdf(body, { min: [-160, -reach, -20], max: [230, reach, 1780] }, cell, 2.5)
  const [hips, waist, chest] = [torso[1], torso[2], torso[3]]
  return {
    mesh,
    truth: {
      stature: 1750,
      inseam: 790,
      hip_girth: ellipsePerimeter(hips[1], hips[2]),
      waist_girth: ellipsePerimeter(waist[1], waist[2]),
      ...(breasts ? {} : { chest_girth: ellipsePerimeter(chest[1], chest[2]) }),
      neck_girth: 2 * Math.PI * 57,
      thigh_girth: 2 * Math.PI * 78,
      upper_arm_girth: 2 * Math.PI * 48,
      ...(level ? { arm_span: 2 * (172 + 690 + 22) } : {}),
    },
  }
}

const column: Sdf = (x, y, z) => {
  const [a, b] = axesAt(z)
  return Math.max((Math.hypot(y / a, x / b) - 1) * b, 790 - z, z - 1440)
}

/** Between the heights of the table the half axes go over smoothly: cubic Hermite curves that are level at each. */
function axesAt(z: number): [number, number] {
  const clamped = Math.min(1440, Math.max(790, z))
  const k = Math.max(
    1,
    torso.findIndex(([height]) => clamped <= height),
  )
  const [low, high] = [torso[k - 1], torso[k]]
  const t = (clamped - low[0]) / (high[0] - low[0])
  const s = t * t * (3 - 2 * t)
  return [low[1] + (high[1] - low[1]) * s, low[2] + (high[2] - low[2]) * s]
}
