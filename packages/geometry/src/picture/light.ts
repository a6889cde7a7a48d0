import { add, unit, type Vec3 } from '../mesh/vector.ts'
import { type Camera } from './camera.ts'

/** Red, green, blue, 0 to 255, sRGB. */
export type Color = readonly [number, number, number]

/** sRGB bytes as amounts of light, 0 to 1 (IEC 61966-2-1). */
export const lightOf = Float64Array.from({ length: 256 }, (_, byte) => {
  const c = byte / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
})

const steps = 4095
const bytes = Uint8Array.from({ length: steps + 1 }, (_, i) => {
  const c = i / steps
  return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055))
})

/** An amount of light, 0 to 1, as an sRGB byte. */
export const byteOf = (light: number) => bytes[light <= 0 ? 0 : light >= 1 ? steps : Math.round(light * steps)]

/** A studio of three lights that stands still round the camera: directions towards them, and how strong they are. */
export interface Studio {
  readonly key: Vec3
  readonly fill: Vec3
  readonly rim: Vec3
  readonly towardsEye: Vec3
  /** halfway between the key light and the eye: surfaces of this direction mirror the one into the other */
  readonly mirror: Vec3
}

export function studioOf({ right, up, look }: Camera): Studio {
  const towards = (x: number, y: number, z: number): Vec3 => {
    const size = Math.hypot(x, y, z)
    const at = (axis: 0 | 1 | 2) => (x * right[axis] + y * up[axis] - z * look[axis]) / size
    return [at(0), at(1), at(2)]
  }
  const key = towards(-0.55, 0.75, 0.75)
  const towardsEye = towards(0, 0, 1)
  return {
    key,
    mirror: unit(add(key, towardsEye)),
    fill: towards(0.9, 0.05, 0.6),
    rim: towards(0.25, -0.9, 0.25),
    towardsEye,
  }
}

/**
 * The light that a dull surface sends to the eye, as a share of its own colour.
 * @param n the surface's direction, length 1, on the side of the eye
 * @param hollow -1 on ridges to 1 in hollows: less of the room's light comes in there
 */
export function lit(studio: Studio, nx: number, ny: number, nz: number, hollow: number): number {
  const { key, fill, rim, towardsEye } = studio
  const k = nx * key[0] + ny * key[1] + nz * key[2]
  const f = nx * fill[0] + ny * fill[1] + nz * fill[2]
  const r = nx * rim[0] + ny * rim[1] + nz * rim[2]
  const e = nx * towardsEye[0] + ny * towardsEye[1] + nz * towardsEye[2]
  const open = hollow > 0 ? 1 / (1 + 5 * hollow) : 1 - 0.7 * hollow
  const room = 0.09 + 0.16 * (e > 0 ? e : 0)
  const keyed = k > 0 ? 0.82 * k : 0
  const filled = (f > 0 ? 0.16 * f : 0) + (r > 0 ? 0.07 * r : 0)
  return (room + filled) * open + keyed * (0.35 + 0.65 * (open < 1 ? open : 1))
}

/** The gloss of the key light on the surface (Blinn), 0 to 1. */
export function gloss({ mirror }: Studio, nx: number, ny: number, nz: number): number {
  const h = nx * mirror[0] + ny * mirror[1] + nz * mirror[2]
  if (h <= 0) return 0
  const h2 = h * h
  const h8 = h2 * h2 * h2 * h2
  return h8 * h8 * h8
}
