import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyTo, compose, rotation, translation } from '../../mesh/matrix.ts'
import { type Mesh, submesh, transformed, vertex } from '../../mesh/mesh.ts'
import { decimate, remesh } from '../../mesh/resample.ts'
import { seeded } from '../../mesh/random.ts'
import { unit, type Vec3 } from '../../mesh/vector.ts'
import { earWithCanal } from '../../phantoms/ear.ts'
import { ear } from './ear.ts'
import { scanBytes, scanned } from '../../test-support/scans.ts'

const load = (name: string) => scanned(`ear/${name}`, 1)
const hutubs = load('hutubs_pp3_left_ear.ply')
const cgtub = load('cgtub_head_left_ear_crop.ply')
const truth = JSON.parse(new TextDecoder().decode(scanBytes('ear/hutubs_pp3_left_ear.truth.json'))) as {
  ears: { left: { published_mm: Record<string, { mm: number }> } }
}

const valuesOf = (mesh: Mesh) =>
  Object.fromEntries(Object.entries(ear.measure(mesh).measurements).map(([name, { value }]) => [name, value]))

function assertNear(found: Record<string, number>, wanted: Record<string, number>, byMm: number) {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort())
  for (const [name, value] of Object.entries(wanted)) {
    assert.ok(Math.abs(found[name] - value) <= byMm, `${name}: ${found[name]}, not within ${byMm} of ${value}`)
  }
}

test('the HUTUBS ear measures what was published of it', () => {
  const found = valuesOf(hutubs)
  const published = Object.fromEntries(Object.entries(truth.ears.left.published_mm).map(([name, { mm }]) => [name, mm]))
  const pairs = [
    ['cavum_height', published.d1, 1],
    ['cavum_width', published.d3, 1],
    ['intertragal_width', published.d7, 1],
    ['cavum_depth', published.d8, 1],
    ['pinna_height', published.d5, 2.5],
  ] as const
  for (const [name, mm, within] of pairs) {
    assert.ok(Math.abs(found[name] - mm) <= within, `${name}: ${found[name]}, published ${mm}`)
  }
})

for (const [name, mesh] of [
  ['a range image', hutubs],
  ['a scan with undercuts', cgtub],
] as const) {
  const base = valuesOf(mesh)

  test(`${name} of a left ear is told as one, however it is moved and turned`, () => {
    for (const [k, axis] of [unit([1, 2, 3]), unit([-1, 0.2, 0.1]), unit([0, 0, 1])].entries()) {
      const moved = transformed(mesh, compose(translation([300, -50, 20 * k]), rotation(axis, 1 + k)))
      const reading = ear.measure(moved)
      assert.equal(reading.side, 'left')
      assertNear(valuesOf(moved), base, 0.01)
    }
  })

  test(`${name} mirrored is a right ear with the same measures`, () => {
    const mirrored = transformed(mesh, [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    const reading = ear.measure(mirrored)
    assert.equal(reading.side, 'right')
    assertNear(valuesOf(mirrored), base, 0.01)
  })
}

test('an ear with half its triangles measures the same', () => {
  assertNear(valuesOf(decimate(hutubs, hutubs.triangles.length / 6)), valuesOf(hutubs), 0.1)
})

test('an ear remeshed measures the same', () => {
  const base = valuesOf(hutubs)
  for (const edgeMm of [0.6, 0.8]) assertNear(valuesOf(remesh(hutubs, edgeMm)), base, 0.1)
})

/** Without the triangles that a place in the canonical pose takes in. */
function cut(mesh: Mesh, gone: (place: Vec3) => boolean): Mesh {
  const { toCanonical } = ear.measure(mesh)
  const { positions: p, triangles } = mesh
  return submesh(mesh, (t) => {
    const v = 3 * triangles[3 * t]
    return !gone(applyTo(toCanonical, [p[v], p[v + 1], p[v + 2]]))
  })
}

test('a hole in the cavum’s floor, as where the canal begins, costs no more than what it takes away', () => {
  const base = valuesOf(hutubs)
  const floor = ear.measure(cut(hutubs, ([x, y]) => Math.hypot(x, y) < 1))
  assert.deepEqual(Object.keys(floor.measurements).sort(), Object.keys(base).sort())
  const canal = ear.measure(cut(hutubs, ([x, y]) => Math.hypot(x + 5.5, y - 1.5) < 3))
  assert.match(canal.absent.cavum_width, /one of its edges/)
  for (const { measurements } of [floor, canal]) {
    for (const [name, { value }] of Object.entries(measurements)) {
      assert.ok(Math.abs(value - base[name]) < 0.3, `${name}: ${value}, whole ${base[name]}`)
    }
  }
})

test('where the scan ends is no border of the ear', () => {
  const base = valuesOf(hutubs)
  for (const [gone, lost, reason] of [
    [([, y]: Vec3) => y > 30, 'pinna_height', /upper border/],
    [([, y]: Vec3) => y < -20, 'pinna_height', /lower border/],
    [([x]: Vec3) => x > 22, 'pinna_width', /rear border/],
  ] as const) {
    const { measurements, absent } = ear.measure(cut(hutubs, gone))
    assert.match(absent[lost], reason)
    for (const [name, { value }] of Object.entries(measurements)) {
      assert.ok(Math.abs(value - base[name]) < 0.1, `${name}: ${value}, whole ${base[name]}`)
    }
  }
})

test('an ear is found at its side in half a head, and in a piece of it that has the ear at its edge', () => {
  const head = scanned('head/cgtub_head.ply', 1)
  const random = seeded(9)
  const pieces: [side: string, gone: (p: Vec3) => boolean][] = [
    ['left', ([, y]) => y < 0],
    ['right', ([, y]) => y > 0],
    ['left', ([x, y, z]) => y < 10 || Math.hypot(x - 30, z - 20) > 70],
  ]
  for (const [wanted, gone] of pieces) {
    const piece = submesh(head, (t) => !gone(vertex(head, head.triangles[3 * t])))
    for (let n = 0; n < 3; n++) {
      const axis = unit([random() - 0.5, random() - 0.5, random() - 0.5])
      const { side, measurements } = ear.measure(transformed(piece, rotation(axis, 6 * random())))
      assert.equal(side, wanted)
      const [height, depth] = wanted === 'left' ? [16.6, 14.07] : [17.4, 15.36] // as of the ears cut out alone
      assert.ok(Math.abs(measurements.cavum_height.value - height) < 0.1, `${measurements.cavum_height.value}`)
      assert.ok(Math.abs(measurements.concha_depth.value - depth) < 0.1, `${measurements.concha_depth.value}`)
    }
  }
})

test('of a whole head nobody says which ear is meant', () => {
  const head = scanned('head/cgtub_head.ply', 1)
  for (const angle of [0, 1, 2, 3]) {
    const { likeness, measurements } = ear.measure(transformed(head, rotation(unit([1, 2, angle]), angle)))
    assert.deepEqual([likeness, measurements], [0, {}])
  }
})

test('an ear of which little can be told is less sure of itself', () => {
  const sure = (mesh: Mesh) => ear.measure(mesh).measurements.cavum_height.confidence
  assert.ok(sure(hutubs) > 0.93 && sure(cgtub) < 0.9)
})

test('an ear without a visible canal has no canal measures, and says why', () => {
  const { measurements, absent } = ear.measure(hutubs)
  assert.ok(!('canal_length' in measurements))
  assert.match(absent.canal_length, /ends at the canal’s entrance/)
})

test('every defined measurement is there or absent with a reason', () => {
  for (const mesh of [hutubs, cgtub]) {
    const { measurements, absent } = ear.measure(mesh)
    assert.deepEqual([...Object.keys(measurements), ...Object.keys(absent)].sort(), Object.keys(ear.definitions).sort())
  }
})

test('what the customer says of the side is believed only against a doubtful finding', () => {
  assert.equal(ear.measure(hutubs, { side: 'right' }).side, 'left')
})

test('an ear that shows its canal has both measured, and the concha’s depth is not the canal’s', () => {
  const { mesh, radii } = earWithCanal(hutubs)
  const found = valuesOf(mesh)
  const closed = valuesOf(hutubs)
  for (const name of ['cavum_height', 'cavum_width', 'cavum_depth', 'pinna_height']) {
    assert.ok(Math.abs(found[name] - closed[name]) < 0.4, `${name}: ${found[name]}, without canal ${closed[name]}`)
  }
  // it is bored to 22.8 mm below the cavum's floor, and its bends are 6 and 12 mm below
  assert.ok(found.canal_length > 22 && found.canal_length < 28, `${found.canal_length}`)
  assert.ok(found.canal_diameter > 2 * radii[4] && found.canal_diameter < 2 * radii[0])
  assert.equal(ear.measure(mesh).coverage.canal, 1)
})
