import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundIntersect, roundSubtract, shell, subtract, union } from '../field/combine.ts'
import { refined } from '../test-support/refine.ts'
import { capsule, halfSpace, type Sdf, sphere } from '../field/shapes.ts'
import { tube } from '../field/strokes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { type Mesh, submesh, turned } from '../mesh/mesh.ts'
import { parametric } from '../mesh/shapes.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { checkFit, type Expected } from './check.ts'

const space = { min: [-12.5, -12.5, -16] as Vec3, max: [12.5, 12.5, 10] as Vec3 }
const made = (sdf: Sdf, cell = 0.35) => refined(surfaceOfSdf(sdf, space, cell), sdf, 0.01)

/** A bent, narrowing canal with its wall looking inwards, open at the top, closed by nothing at its end. */
const middle = (s: number): Vec3 => [1.2 * Math.sin(s / 5), 0.6 * Math.sin(s / 4), -s]
const radius = (s: number) => 5 - 0.12 * s
const canal: Mesh = parametric(120, 90, (u, v) => {
  const s = 16 * v
  const [x, y, z] = middle(s)
  const turn = 2 * Math.PI * u
  return [x + radius(s) * Math.cos(turn), y + radius(s) * Math.sin(turn), z]
}, { u: true }) // prettier-ignore
const line = (from: number, to: number) => Array.from({ length: 60 }, (_, i) => middle(from + ((to - from) * i) / 59))
const vent = line(-6, 14)
const inside =
  (offset: number): Sdf =>
  (x, y, z) => {
    const [mx, my] = middle(-z)
    return (Math.hypot(x - mx, y - my) - radius(-z) - offset) * 0.9
  }
const plug = (offset: number): Sdf =>
  roundIntersect(
    roundIntersect(inside(offset), halfSpace([0, 0, 3], [0, 0, 1]), 0.8),
    halfSpace([0, 0, -10], [0, 0, -1]),
    0.8,
  )
const good = (): Mesh => (goodOnce ??= made(vented(0.2)))
let goodOnce: Mesh | undefined
const vented = (offset: number) => roundSubtract(plug(offset), tube(vent, 1.02), 0.4)
const expected: Expected = {
  intendedOffsetMm: 0.2,
  contact: (_x, _y, z) => z < -1.5 && z > -8.5,
  minWallMm: 0.8,
  bores: [{ name: 'vent', path: vent, diameterMm: 2 }],
  vent: 'vent',
  genus: 1,
  pressMm: 0.5,
}

test('a plug that is what was meant passes, with every figure of it right', () => {
  const report = checkFit(good(), canal, expected)
  assert.deepEqual(report.failures, [])
  assert.ok(report.watertight)
  assert.equal(report.selfIntersections, 0)
  assert.equal(report.genus, 1)
  assert.equal(report.components, 1)
  for (const value of [report.contact!.p05, report.contact!.p50, report.contact!.p95])
    assert.ok(Math.abs(value - 0.2) < 0.05)
  assert.ok(report.contactDeviation!.p95 < 0.05)
  assert.ok(Math.abs(report.ventDiameterMm! - 2) < 0.05)
  assert.ok(report.minWallMm > 2 && report.minWallMm < 5)
  assert.ok(report.insertionAxis![2] < -0.9)
  assert.ok(Math.abs(Math.hypot(...report.insertionAxis!) - 1) < 1e-9)
  assert.ok(report.interferenceMm! < 0.52)
  assert.ok(report.volumeMm3 > 700 && report.volumeMm3 < 1100)
  const { minWallAt, ...plain } = JSON.parse(JSON.stringify(report)) as typeof report
  assert.equal(minWallAt!.length, 3)
  assert.deepEqual(plain.failures, [])
})

const wrong: [name: string, product: () => Mesh, says: RegExp, change?: Partial<Expected>][] = [
  ['is too loose', () => made(vented(-0.1)), /of the contact is within 0\.[23]/],
  ['is too tight', () => made(vented(0.45)), /of the contact is within 0\.[23]/],
  ['is half of itself', () => made(roundIntersect(vented(0.2), halfSpace([0, 0, 0], [0.6, 0.8, 0]), 0.3)), /of the skin that it was meant to touch, [45]\d% have it within reach, 90% are the least/],
  ['has a deep groove round it', () => made(subtract(vented(0.2), (x, y, z) => Math.max(1 - Math.hypot(x, y), Math.abs(z + 5) - 2) * 0.9)), /of the skin that it was meant to touch, [3-7]\d% have it/],
  ['has no vent', () => made(plug(0.2)), /has 0 holes through it.*\n.*the vent is 0\.00 mm wide.*\n.*vent is not open/s],
  ['has a narrow vent', () => made(roundSubtract(plug(0.2), tube(vent, 0.8), 0.4)), /the vent is 1\.[56]\d mm wide/],
  ['has a wide vent', () => made(roundSubtract(plug(0.2), tube(vent, 1.6), 0.4)), /the vent is 3\.[12]\d mm wide all along, 3\.00 mm are the most/],
  ['has a vent that is wide for what was meant', () => good(), /the vent is 2\.\d\d mm wide all along, 1\.80 mm are the most/, { bores: [{ name: 'vent', path: vent, diameterMm: 1.2 }] }],
  ['has a blind vent', () => made(roundSubtract(plug(0.2), tube(line(-6, 8.5), 1), 0.4)), /vent is not open at its end/, { bores: [{ name: 'vent', path: line(-6, 8.5), diameterMm: 2 }] }],
  ['is hollow and thin', () => made(shell(plug(0.2), 0.6), 0.25), /2 pieces of surface.*the wall is 0\.[56]\d mm thick/s],
  ['has a crumb beside it', () => made(union(vented(0.2), sphere([9, 9, 5], 1))), /2 pieces of surface, 1 were meant/],
  ['has a hook behind a bend', () => made(union(vented(0.2), sphere([5.2, 2, -8], 1.6))), /cannot be put in.*presses/],
  ['has a hole in its surface', () => submesh(good(), (t) => t !== 500), /not watertight: 3 sides/],
  ['is inside out', () => ((mesh) => ({ ...mesh, triangles: turned(mesh.triangles) }))(good()), /inside out/],
  ['crosses itself', () => pushedThrough(good()), /pairs of triangles cross/],
  ['fills the space for the battery', () => good(), /material reaches 1\.00 mm into the space for the battery/, { keepOuts: [{ name: 'the battery', middle: [3, 0, -3], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], half: [1, 2, 2] }] }],
] // prettier-ignore

for (const [name, product, says, change] of wrong) {
  test(`a plug that ${name} is not passed, and that is why`, () => {
    const { failures } = checkFit(product(), canal, { ...expected, ...change })
    assert.match(failures.join('\n'), says)
  })
}

test('what is neither to touch nor to be put in is judged as a body alone', () => {
  const report = checkFit(made(subtract(sphere([0, 0, 0], 6), capsule([0, 0, -9], [0, 0, 9], 1))), canal, {
    intendedOffsetMm: 0,
    minWallMm: 1,
  })
  assert.deepEqual(report.failures, [])
  assert.deepEqual(
    [report.contact, report.contactDeviation, report.ventDiameterMm, report.insertionAxis, report.interferenceMm],
    [null, null, null, null, null],
  )
})

test('nothing, and a vertex that is nowhere, are a mistake of the caller; corners in one place are not passed', () => {
  const nothing = { positions: new Float64Array(0), triangles: new Uint32Array(0) }
  assert.throws(() => checkFit(nothing, canal, expected), RangeError)
  const body = made(sphere([0, 0, 0], 6))
  const nowhere = { ...body, positions: body.positions.map((value, i) => (i === 100 ? NaN : value)) }
  assert.throws(() => checkFit(nowhere, canal, { intendedOffsetMm: 0, minWallMm: 1 }), /vertex 33 is nowhere/)
  // far from the origin single precision has steps of half a millimetre left: triangles that were apart fall together
  const far = { ...body, positions: body.positions.map((value) => value + 8e6) }
  const { failures } = checkFit(far, canal, { intendedOffsetMm: 0, minWallMm: 1 })
  assert.match(failures.join('\n'), /two corners in one place/)
})

test('an expectation that is no number is a mistake of the caller, and so is a bore from a place to itself', () => {
  const nowhere: Vec3 = [NaN, 0, 0]
  const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] as const // prettier-ignore
  const changes: Partial<Record<keyof Expected, unknown>>[] = [
    { intendedOffsetMm: NaN },
    { contactToleranceMm: NaN },
    { minWallMm: undefined },
    { pressMm: NaN },
    { genus: NaN },
    { outward: nowhere },
    { bores: [{ name: 'vent', path: [nowhere, [0, 0, 9]], diameterMm: 2 }] },
    { bores: [{ name: 'vent', path: vent, diameterMm: NaN }] },
    { bores: [{ name: 'vent', path: [[0, 0, 1], [0, 0, 1]], diameterMm: 2 }] },
    { keepOuts: [{ name: 'the battery', middle: nowhere, axes, half: [1, 1, 1] }] },
  ] // prettier-ignore
  for (const change of changes)
    assert.throws(() => checkFit(good(), canal, { ...expected, ...change } as Expected), RangeError)
})

test('an ear plug is checked in under a second of processor time', () => {
  const mesh = good()
  let least = Infinity
  for (let run = 0; run < 3; run++) {
    const start = process.cpuUsage()
    checkFit(mesh, canal, expected)
    least = Math.min(least, process.cpuUsage(start).user / 1000)
  }
  assert.ok(least < 1000, `${least} ms`)
})

/** One vertex dragged through the body to its other side and out of it. */
function pushedThrough(mesh: Mesh): Mesh {
  const positions = mesh.positions.slice()
  const v = 300
  positions[3 * v] = -positions[3 * v] * 3
  positions[3 * v + 1] = -positions[3 * v + 1] * 3
  return { positions, triangles: mesh.triangles }
}
