import assert from 'node:assert/strict'
import type { PartReading } from '../measure/measurement.ts'
import { compose, identity, type Mat4, rotation, translation } from '../mesh/matrix.ts'
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
