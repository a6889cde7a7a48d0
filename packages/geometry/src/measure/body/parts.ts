import type { Mesh } from '../../mesh/mesh.ts'
import { distance, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { bodyOf, type Limb, limbsOf } from '../fit/limbs.ts'

/** The five limbs of somebody who stands with arms and legs apart. Left and right are not told yet: [one, other]. */
export interface BodyParts {
  readonly legs: readonly [Limb, Limb]
  readonly arms: readonly [Limb, Limb]
  readonly head: Limb
  /** from the feet to the head, of length 1, roughly */
  readonly up: Vec3
  /** from one foot to the other, at right angles to `up`, roughly */
  readonly across: Vec3
}

/**
 * Tells legs, arms and head. The head is the limb whose end is nearly as far from both ends of one pair as these are
 * long (the feet), and lies nearly above their middle; arms are the other pair.
 * @returns null when the scan does not have these five
 */
export function bodyParts(mesh: Mesh, size: number): BodyParts | null {
  const body = bodyOf(mesh, size / 150)
  if (!body) return null
  const limbs = limbsOf(body, 0.055 * size).slice(0, 9)
  let best: { parts: BodyParts; off: number } | null = null
  for (let h = 0; h < limbs.length; h++) {
    for (let i = 0; i < limbs.length; i++) {
      for (let j = 0; j < i; j++) {
        if (i === h || j === h) continue
        const arms = armsFor(limbs, [h, i, j])
        if (!arms) continue
        const found = judged(limbs[h], [limbs[i], limbs[j]], arms)
        if (found && (!best || found.off < best.off)) best = found
      }
    }
  }
  return best?.parts ?? null
}

/** Of the limbs that are left the two longest, as arms. */
function armsFor(limbs: readonly Limb[], taken: readonly number[]): [Limb, Limb] | null {
  const rest = limbs.filter((_, k) => !taken.includes(k)).sort((a, b) => b.length - a.length)
  return rest.length >= 2 ? [rest[0], rest[1]] : null
}

/** How far five limbs are from a body's proportions; null when they cannot be one. */
function judged(head: Limb, legs: [Limb, Limb], arms: [Limb, Limb]): { parts: BodyParts; off: number } | null {
  const feet = scale(step(legs[0].tip, legs[1].tip, 1), 0.5)
  const up = unit(subtract(head.tip, feet))
  const stature = distance(head.tip, feet)
  const apart = subtract(legs[0].tip, legs[1].tip)
  const across = unit(step(apart, up, -dot(apart, up)))
  const height = (p: Vec3) => dot(subtract(p, feet), up) / stature
  const shares = {
    legsUneven: Math.abs(legs[0].length - legs[1].length) / stature,
    armsUneven: Math.abs(arms[0].length - arms[1].length) / stature,
    leg: Math.abs((legs[0].length + legs[1].length) / 2 / stature - 0.52),
    arm: Math.abs((arms[0].length + arms[1].length) / 2 / stature - 0.3),
    head: Math.abs(head.length / stature - 0.14),
    feetUneven: Math.abs(dot(apart, up)) / stature,
    hands: Math.max(0, 0.3 - Math.min(height(arms[0].tip), height(arms[1].tip))),
    // hands lie on both sides of the body
    sides: Math.min(1, Math.max(0, dot(subtract(arms[0].tip, feet), across) * dot(subtract(arms[1].tip, feet), across) * 25 / stature ** 2)), // prettier-ignore
    thin: Math.max(0, arms[0].diameter - 0.6 * head.diameter, arms[1].diameter - 0.6 * head.diameter) / stature,
  }
  if (shares.legsUneven > 0.1 || shares.armsUneven > 0.12 || shares.feetUneven > 0.12 || shares.leg > 0.25) return null
  const off = Object.values(shares).reduce((a, b) => a + b, 0)
  return off < 0.6 ? { parts: { legs, arms, head, up, across }, off } : null
}
