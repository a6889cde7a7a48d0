import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compose, rotation, translation } from '../../mesh/matrix.ts'
import { submesh, transformed, turned, vertex } from '../../mesh/mesh.ts'
import { angleDeg, distance, unit } from '../../mesh/vector.ts'
import { noisy, shuffled, torn } from '../../phantoms/canal-damage.ts'
import { randomCanal } from '../../phantoms/canal-random.ts'
import type { CanalShape } from '../../phantoms/canal-shape.ts'
import type { CanalTruth, SectionTruth } from '../../phantoms/canal-truth.ts'
import { canalPhantom } from '../../phantoms/canal.ts'
import { canalDefinitions, type CanalReading, measureCanal } from './canal.ts'

const pose = compose(translation([40, -90, 15]), rotation(unit([0.3, -0.5, 0.7]), 2))
const mirror = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

/** How far each measurement may be off: mm for lengths and (as equivalent diameters) for areas, degrees for angles. */
interface Within {
  mm: number
  deg: number
}

/** Every figure of the truth; areas and perimeters as the diameter of a circle that has them. */
function figuresOf(truth: CanalTruth): Record<string, number> {
  const section = (prefix: string, { area, perimeter, major, minor }: SectionTruth) => ({
    [`${prefix}_area`]: area,
    [`${prefix}_perimeter`]: perimeter,
    [`${prefix}_major`]: major,
    [`${prefix}_minor`]: minor,
  })
  const out: Record<string, number> = {
    canal_length: truth.length,
    canal_diameter: truth.diameter,
    canal_entrance_diameter: truth.entrance.diameter,
    ...section('canal_entrance', truth.entrance),
  }
  truth.bends.forEach((bend, i) => {
    const name = ['first_bend', 'second_bend'][i]
    Object.assign(out, section(name, bend), { [`${name}_distance`]: bend.distance, [`${name}_angle`]: bend.angleDeg })
    if (bend.major > 1.15 * bend.minor) out[`${name}_axis_angle`] = bend.axisAngleDeg
  })
  if (truth.bends.length > 1) out.bend_spacing = truth.bends[1].distance - truth.bends[0].distance
  return out
}

const asLength = (name: string, value: number) =>
  name.endsWith('_area') ? 2 * Math.sqrt(value / Math.PI) : name.endsWith('_perimeter') ? value / Math.PI : value

function assertTrue({ measurements, absent }: CanalReading, truth: CanalTruth, within: Within, what: string) {
  for (const [name, wanted] of Object.entries(figuresOf(truth))) {
    const found = measurements[name]?.value
    assert.ok(found !== undefined, `${what}: ${name} is absent: ${absent[name]}`)
    const off = asLength(name, found) - asLength(name, wanted)
    const most = name.endsWith('angle') ? within.deg * (name.endsWith('axis_angle') ? 1.5 : 1) : within.mm
    assert.ok(Math.abs(off) <= most, `${what}: ${name} ${found}, true ${wanted}`)
  }
  const bends = ['first_bend_distance', 'second_bend_distance'].filter((name) => name in measurements).length
  assert.equal(bends, truth.bends.length, `${what}: bends`)
  const names = [...Object.keys(measurements), ...Object.keys(absent)]
  assert.deepEqual(names.toSorted(), Object.keys(canalDefinitions).toSorted())
}

test('of twenty canals by chance every measurement is true within 0.05 mm and 0.5°', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const shape = { ...randomCanal(seed), points: 7000 }
    const { mesh, truth } = canalPhantom(shape)
    const reading = measureCanal(transformed(mesh, pose))
    assertTrue(reading, truth, { mm: 0.05, deg: 0.5 }, `canal ${seed}`)
    assert.equal(reading.seenFrom, shape.faces === 'lumen' ? 'lumen' : 'outside')
    assert.equal(reading.end, shape.end === 'open' ? 'open' : 'closed')
  }
})

const shape: CanalShape = {
  path: [{ straight: 7 }, { bendDeg: 35, length: 6, planeDeg: 20 }, { straight: 5 }, { bendDeg: 25, length: 4, planeDeg: 150 }, { straight: 5 }],
  keys: [{ s: 0, axes: [10.5, 9] }, { s: 12, axes: [8.5, 6.5], turnDeg: 20 }, { s: 27, axes: [8, 6], turnDeg: 50 }],
  mouth: { kind: 'bowl', radius: 9.5, sphere: 11 },
  end: 'round',
  jitter: 0.4,
} // prettier-ignore
const { mesh: canal, truth } = canalPhantom(shape)

test('of 30,000 points everything is true within 0.02 mm, and the line lies where it should', () => {
  const reading = measureCanal(canal)
  assertTrue(reading, truth, { mm: 0.02, deg: 0.3 }, 'canal')
  for (const { s, point } of reading.centreLine) {
    const i = (s / truth.length) * (truth.centreLine.length - 1)
    const true0 = truth.centreLine[Math.floor(i)]
    const true1 = truth.centreLine[Math.min(truth.centreLine.length - 1, Math.floor(i) + 1)]
    const share = i - Math.floor(i)
    const there = [0, 1, 2].map((k) => true0[k] + (true1[k] - true0[k]) * share)
    assert.ok(distance(point, [there[0], there[1], there[2]]) < 0.05, `${s} mm from the entrance`)
  }
  assert.ok(distance(reading.entrance!.point, truth.entrance.centre) < 0.03)
  assert.ok(angleDeg(reading.entrance!.inward, truth.entrance.inward) < 0.3)
  const { sections } = reading
  assert.ok(sections.every((one) => one.outline.length === 48 && one.areaMm2 > 20 && one.axisAngleDeg !== null))
  assert.ok(sections.every((one, i) => i === 0 || Math.abs(one.s - sections[i - 1].s) <= 0.5))
})

const values = ({ measurements }: CanalReading) =>
  Object.fromEntries(Object.entries(measurements).map(([name, { value }]) => [name, value]))

function assertSame(found: Record<string, number>, wanted: Record<string, number>, what: string, mm = 0.01) {
  assert.deepEqual(Object.keys(found).toSorted(), Object.keys(wanted).toSorted(), what)
  for (const [name, value] of Object.entries(wanted)) {
    const off = Math.abs(asLength(name, found[name]) - asLength(name, value))
    assert.ok(off <= (name.endsWith('angle') ? 20 * mm : mm), `${what}: ${name} ${found[name]}, was ${value}`)
  }
}

test('moved, mirrored, turned inside out and shuffled, a rough and torn canal measures the same', () => {
  const rough = torn(noisy(canalPhantom({ ...shape, points: 15000 }).mesh, 0.1, 3), 5, 2, 4)
  const base = values(measureCanal(rough))
  assertSame(values(measureCanal(transformed(rough, pose))), base, 'moved')
  assertSame(values(measureCanal(transformed(rough, mirror))), base, 'mirrored')
  assertSame(values(measureCanal({ ...rough, triangles: turned(rough.triangles) })), base, 'inside out')
  assertSame(values(measureCanal(shuffled(rough, 7))), base, 'shuffled')
})

test('where the entrance has no sharp rim, it is where the wall opens by half a millimetre in one', () => {
  for (const rounding of [1, 3]) {
    const even = { ...shape, keys: [{ s: 0, axes: [9, 9] as const }], points: 15000 }
    const rounded = canalPhantom({ ...even, mouth: { kind: 'plate', radius: 14, rounding } })
    assertTrue(measureCanal(rounded.mesh), rounded.truth, { mm: 0.06, deg: 0.5 }, `rounded by ${rounding} mm`)
  }
})

test('an oblique entrance is where the centre line passes it', () => {
  const even = { ...shape, keys: [{ s: 0, axes: [9, 8] as const }], points: 15000 }
  const oblique = canalPhantom({ ...even, mouth: { kind: 'plate', radius: 14, obliqueDeg: 20 } })
  assertTrue(measureCanal(oblique.mesh), oblique.truth, { mm: 0.05, deg: 0.5 }, 'oblique')
})

test('a tube as wide at both ends is entered at the one farther from a bend', () => {
  const even = { keys: [{ s: 0, axes: [8, 8] as const }], end: 'open', points: 8000, jitter: 0.4 } as const
  for (const faces of ['lumen', 'impression'] as const) {
    const tube = canalPhantom({ ...even, faces, path: [{ straight: 9 }, { bendDeg: 25, length: 4 }, { straight: 5 }] })
    assertTrue(measureCanal(tube.mesh), tube.truth, { mm: 0.05, deg: 0.5 }, faces)
  }
})

test('a quarter of the wall may be missing over a third of the canal, and what is left counts for less', () => {
  const plate = canalPhantom({ ...shape, mouth: { kind: 'plate', radius: 14 }, points: 15000 })
  const gaping = submesh(plate.mesh, (t) => {
    const [x, y, z] = vertex(plate.mesh, plate.mesh.triangles[3 * t])
    return !(z > 0.3 && z < 10 && x > 0 && y > 0)
  })
  const reading = measureCanal(gaping)
  assertTrue(reading, plate.truth, { mm: 0.1, deg: 0.7 }, 'gaping')
  const whole = measureCanal(plate.mesh).measurements.canal_length.confidence
  assert.ok(reading.measurements.canal_length.confidence < whole - 0.03)
})

test('a straight canal has no bends, and says so', () => {
  const straight = canalPhantom({ path: [{ straight: 15 }], keys: [{ s: 0, axes: [9, 8] }], end: 'flat', points: 5000 })
  const { measurements, absent } = measureCanal(straight.mesh)
  assert.ok(Math.abs(measurements.canal_length.value - 15) < 0.05)
  assert.match(absent.first_bend_angle, /straight/)
  assert.match(absent.bend_spacing, /straight/)
})

test('a hint chooses: a canal elsewhere is not the one that is meant', () => {
  const { centre, inward } = truth.entrance
  const near = measureCanal(canal, { entrance: [centre[0] + 4, centre[1] - 3, centre[2]], inward })
  assert.ok(near.measurements.canal_length)
  const far = measureCanal(canal, { entrance: [60, 0, 0], inward })
  assert.match(far.absent.canal_length, /ends at the canal’s entrance/)
  const outwards = measureCanal(canal, { entrance: centre, inward: [-inward[0], -inward[1], -inward[2]] })
  assert.equal(outwards.measurements.canal_length, undefined)
})
