import assert from 'node:assert/strict'
import type { PartReading } from '../measure/measurement.ts'
import { compose, identity, type Mat4, rotation, translation } from '../mesh/matrix.ts'
import { type Mesh, transformed } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import { unit } from '../mesh/vector.ts'

/** Poses drawn one after the other: turned any way, shifted by up to so far along each axis, mm. */
export function posesFrom(seed: number, [x, y, z] = [900, -700, 400]): () => Mat4 {
  const random = seeded(seed)
  return () =>
    compose(
      translation([x * random(), y * random(), z * random()]),
      rotation(unit([random() - 0.5, random() - 0.5, random() - 0.5]), 6 * random()),
    )
}

/**
 * Another person's ear, foot …: the same with each axis of the canonical pose stretched by up to a seventh, sheared, and
 * bent by a millimetre.
 */
export function warped(mesh: Mesh, toCanonical: Mat4, seed: number): Mesh {
  const random = seeded(seed)
  const up = (most: number) => (2 * random() - 1) * most
  const three = (most: number) => [up(most), up(most), up(most)] as const
  const [stretch, shear, bend, phase] = [three(0.14), three(0.12), three(1.2), three(3)]
  const { positions, triangles } = transformed(mesh, toCanonical)
  const out = positions.map((value, i) => {
    const axis = i % 3
    const at = i - axis
    const across = positions[at + ((axis + 1) % 3)]
    return (1 + stretch[axis]) * value + shear[axis] * across + bend[axis] * Math.sin(across / 9 + phase[axis])
  })
  return { positions: out, triangles }
}

export const mirror: Mat4 = [-1, ...identity.slice(1)]

export const valuesOf = (reading: PartReading): Record<string, number> =>
  Object.fromEntries(Object.entries(reading.measurements).map(([name, { value }]) => [name, value]))

/** Each measurement of the truth is there and no farther off than `within`. */
export function assertNear(found: PartReading, truth: object, within: number, what: string) {
  for (const [name, value] of Object.entries(truth) as [string, number][]) {
    assert.ok(found.measurements[name], `${what}: ${name}: ${found.absent[name]}`)
    const off = found.measurements[name].value - value
    assert.ok(Math.abs(off) <= within, `${what}: ${name} is off by ${off.toFixed(3)} mm`)
  }
}
