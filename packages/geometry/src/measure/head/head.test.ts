import assert from 'node:assert/strict'
import { test } from 'node:test'

import { applyTo, compose } from '../../mesh/matrix.ts'
import { type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { decimate } from '../../mesh/resample.ts'
import { box, torus } from '../../mesh/shapes.ts'
import { type Vec3 } from '../../mesh/vector.ts'
import { noisy, torn } from '../../phantoms/canal-damage.ts'
import { ellipsePerimeter, ellipsoidHead, facedHead } from '../../phantoms/head.ts'
import { scanned } from '../../test-support/scans.ts'
import { assertNear, mirror, posesFrom } from '../../test-support/trials.ts'
import type { PartReading } from '../measurement.ts'
import { head } from './head.ts'

const anyPose = posesFrom(17)

const valueOf = (reading: PartReading, name: string) => {
  assert.ok(reading.measurements[name], `${name}: ${reading.absent[name]}`)
  return reading.measurements[name].value
}

const assertSame = (a: PartReading, b: PartReading, within: number, what: string) => {
  assert.deepEqual(Object.keys(a.measurements).sort(), Object.keys(b.measurements).sort(), what)
  assertNear(
    b,
    Object.fromEntries(Object.entries(a.measurements).map(([name, { value }]) => [name, value])),
    within,
    what,
  )
}

const heads: Vec3[] = [
  [95, 75, 115],
  [100, 77, 90],
  [92, 72, 112],
]

test('the perimeter of an ellipse is exact: of a circle, and of one in the tables', () => {
  assert.ok(Math.abs(ellipsePerimeter(90, 90) - 180 * Math.PI) < 1e-9)
  assert.ok(Math.abs(ellipsePerimeter(2, 1) - 9.688448220547675) < 1e-12) // DLMF 19.9: 8 E(3/4)
})

test('length, breadth and circumference of an ellipsoid are within 0.05 mm, in any pose', () => {
  for (const axes of heads) {
    const { mesh, truth } = ellipsoidHead(axes)
    assertNear(head.measure(transformed(mesh, anyPose())), truth, 0.05, axes.join(' x '))
  }
})

test('with 0.1 mm of noise, holes and 5,000 triangles left they are within 0.2 mm', () => {
  for (const axes of heads) {
    const { mesh, truth } = ellipsoidHead(axes)
    const spoilt = decimate(torn(noisy(transformed(mesh, anyPose()), 0.1, 4), 6, 18, 4), 5000)
    assertNear(head.measure(spoilt), truth, 0.2, axes.join(' x '))
  }
})

test('of a shape without a face, what only a face has is absent, and it is a head with doubt', () => {
  const found = head.measure(ellipsoidHead([95, 75, 115]).mesh)
  assert.match(found.absent.face_height, /no face/)
  assert.ok(found.likeness > 0.4 && found.likeness < 0.7)
})

test('a head is the same however it is moved and turned, and when it is mirrored', () => {
  for (const mesh of [facedHead({ points: 12_000 }).mesh, scanned('head/cgtub_head.ply', 1)]) {
    const found = head.measure(mesh)
    assert.ok(Object.keys(found.measurements).length >= 6)
    assertSame(found, head.measure(transformed(mesh, anyPose())), 0.01, 'moved')
    assertSame(found, head.measure(transformed(transformed(mesh, mirror), anyPose())), 0.01, 'mirrored')
  }
})

test('the frame of a head shows forward, left and up', () => {
  const pose = anyPose()
  const { toCanonical } = head.measure(transformed(facedHead({ points: 12_000 }).mesh, pose))
  const turned = compose(toCanonical, pose)
  assert.ok(turned[0] > 0.9 && turned[5] > 0.99 && turned[10] > 0.9, turned.map((v) => v.toFixed(2)).join(' '))
})

test('of a real head all but the eyes is measured, as its outline says', () => {
  const mesh = scanned('head/cgtub_head.ply', 1)
  const found = head.measure(mesh)
  assert.ok(found.likeness > 0.9)
  assert.match(found.absent.interpupillary_distance, /no eyeball/)
  // the bald skull above the ears, taken from the file itself, whose z is up
  let [left, right] = [0, 0]
  for (let i = 0; i < mesh.positions.length; i += 3) {
    if (mesh.positions[i + 2] < 45) continue
    left = Math.max(left, mesh.positions[i + 1])
    right = Math.min(right, mesh.positions[i + 1])
  }
  assert.ok(Math.abs(valueOf(found, 'head_breadth') - (left - right)) < 0.5)
  const length = valueOf(found, 'head_length')
  const breadth = valueOf(found, 'head_breadth')
  const girth = valueOf(found, 'head_circumference')
  // any closed line round length and breadth is longer than their ellipse's inscribed rhomb and shorter than their box
  assert.ok(girth > 2 * Math.hypot(length, breadth) && girth < 2 * (length + breadth))
  assert.ok(Math.abs(girth - ellipsePerimeter(length / 2, breadth / 2)) < 15)
})

test('half of the triangles tell the same of a real head within 0.5 mm', () => {
  const mesh = scanned('head/cgtub_head.ply', 1)
  assertSame(head.measure(mesh), head.measure(decimate(mesh, Math.floor(mesh.triangles.length / 6))), 0.5, 'decimated')
})

test('a model with eyeballs tells how far they are apart, and its shoulders lower its likeness', () => {
  const found = head.measure(scanned('head/ict_facekit_neutral.obj', 10))
  const eyes = found.measurements.interpupillary_distance.trace[0].points.map((p) => applyTo(found.toCanonical, p))
  assert.ok(Math.abs(valueOf(found, 'interpupillary_distance') - (eyes[0][1] - eyes[1][1])) < 0.1)
  assert.ok(Math.abs(valueOf(found, 'interpupillary_distance') - 62.5) < 1)
  assert.ok(found.coverage.shoulders > 0.01)
  assert.ok(found.likeness > 0.7 && found.likeness < 0.97)
})

test('a face mask is a head without a back: no circumference is made up', () => {
  const whole = facedHead({ points: 12_000 }).mesh
  const masks = [
    scanned('head/mediapipe_canonical_face.obj', 10),
    submesh(whole, (t) => whole.positions[3 * whole.triangles[3 * t]] > 45),
  ]
  for (const mask of masks) {
    const found = head.measure(transformed(mask, anyPose()))
    for (const name of ['head_circumference', 'head_length', 'head_breadth', 'head_height']) {
      assert.equal(found.measurements[name], undefined, name)
      assert.ok(found.absent[name])
    }
    assert.ok(found.likeness > 0.5)
    assert.ok(found.coverage.back < 0.3)
  }
})

test('without a tragion it is not known which way is level: what hangs on it is absent, or less sure', () => {
  const whole = scanned('head/ict_facekit_neutral.obj', 10)
  const found = head.measure(whole)
  const [tragion] = applyTo(found.toCanonical, found.landmarks.tragion_left)
  const earless = submesh(whole, (t) => {
    const v = 3 * whole.triangles[3 * t]
    const [x, y, z] = applyTo(found.toCanonical, [whole.positions[v], whole.positions[v + 1], whole.positions[v + 2]])
    return x < tragion - 45 || x > tragion + 8 || z < -50 || z > 35 || Math.abs(y) < 50
  })
  const cut = head.measure(earless)
  for (const name of ['head_height', 'nose_protrusion', 'face_width']) {
    assert.ok(found.measurements[name], name)
    assert.match(cut.absent[name] ?? '', /no tragion/, name)
  }
  const sure = (reading: PartReading) => reading.measurements.face_height.confidence
  assert.ok(sure(cut) < 0.8 * sure(found))
  // what a level has no part in stays as it was
  assertNear(
    cut,
    { head_length: valueOf(found, 'head_length'), nose_height: valueOf(found, 'nose_height') },
    0.1,
    'cut',
  )
})

test('hands, feet, ears and bodies are no heads', () => {
  const files: [string, number][] = [
    ['hand/webxr_generic_hand_left.obj', 1000],
    ['foot/find_template_left.obj', 1000],
    ['ear/cgtub_head_left_ear_crop.ply', 1],
    ['body/odedstein_human_neutral.obj', 1000],
  ]
  for (const [file, toMm] of files) assert.ok(head.measure(scanned(file, toMm)).likeness < 0.4, file)
})

test('whatever it is given, it answers: each name has a value or a reason', () => {
  const half = ellipsoidHead([95, 75, 115], 4000).mesh
  const shapes: Mesh[] = [
    { positions: new Float64Array(), triangles: new Uint32Array() },
    { positions: half.positions, triangles: new Uint32Array() },
    { positions: Float64Array.from([0, 0, 0, 9, 0, 0, 0, 9, 0]), triangles: Uint32Array.from([0, 1, 2]) },
    box([0, 0, 0], [150, 190, 230]),
    torus(80, 20),
    submesh(half, (t) => half.positions[3 * half.triangles[3 * t] + 1] > 0),
  ]
  for (const shape of shapes) {
    const found = head.measure(shape)
    for (const name of Object.keys(head.definitions)) {
      const reading = found.measurements[name]
      assert.ok(reading ? reading.value > 0 && reading.confidence >= 0 && reading.confidence <= 1 : found.absent[name])
    }
  }
})
