import assert from 'node:assert/strict'
import { test } from 'node:test'

import { applyTo, compose } from '../../mesh/matrix.ts'
import { bounds, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { decimate } from '../../mesh/resample.ts'
import { box, icosphere } from '../../mesh/shapes.ts'
import { distance } from '../../mesh/vector.ts'
import { bodyPhantom, breastsAt } from '../../phantoms/body.ts'
import { noisy, torn } from '../../phantoms/canal-damage.ts'
import { scanned } from '../../test-support/scans.ts'
import { assertNear, mirror, posesFrom, valuesOf } from '../../test-support/trials.ts'
import type { PartReading } from '../measurement.ts'
import { fullBody } from './body.ts'

/** mm over the floor: where a level girth was read */
const heightOf = ({ toCanonical, measurements }: PartReading, name: string) =>
  applyTo(toCanonical, measurements[name].trace[0].points[0])[2]

const anyPose = posesFrom(31)
const models: [string, number][] = [
  ['body/odedstein_human_neutral.obj', 1000],
  ['body/mhr_template.ply', 10],
  ['body/makehuman_base.obj', 100],
]

test('lengths and girths of a dummy are those that it was made with, to 0.5 mm and 2 mm round the arms', () => {
  const { mesh, truth } = bodyPhantom()
  const { upper_arm_girth, ...rest } = truth
  const found = fullBody.measure(transformed(mesh, anyPose()))
  assertNear(found, rest, 0.5, 'clean')
  assertNear(found, { upper_arm_girth }, 2, 'clean')
  assert.ok(found.likeness > 0.9)
})

test('with noise, holes and 10,000 triangles left they are within 3 mm', () => {
  const { mesh, truth } = bodyPhantom()
  const spoilt = decimate(torn(noisy(transformed(mesh, anyPose()), 0.1, 3), 5, 20, 3), 10_000)
  assertNear(fullBody.measure(spoilt), truth, 3, 'spoilt')
})

test('arms that are held out level have a span, others say that they are not', () => {
  const level = bodyPhantom({ level: true })
  assertNear(fullBody.measure(transformed(level.mesh, anyPose())), { arm_span: level.truth.arm_span }, 2, 'level')
  assert.match(fullBody.measure(bodyPhantom({ cell: 14 }).mesh).absent.arm_span, /not held out/)
})

test('an elbow is where the arm bends, not where its shoulder lies on top of it; without a bend it is absent', () => {
  const bent = fullBody.measure(transformed(bodyPhantom().mesh, anyPose()))
  const elbow = applyTo(bent.toCanonical, bent.landmarks.elbow_left)
  const joint = [172 + 300 * Math.SQRT1_2, 1372 - 300 * Math.SQRT1_2] // to the left, up
  assert.ok(Math.hypot(elbow[1] - joint[0], elbow[2] - joint[1]) < 15, elbow.join(' '))
  const { mesh } = bodyPhantom({ level: true })
  const model = scanned('body/odedstein_human_neutral.obj', 1000)
  for (const one of [noisy(mesh, 1, 5), model]) {
    const straight = fullBody.measure(one)
    assert.match(straight.absent.upper_arm_girth, /the arm is straight/)
    assert.equal(straight.landmarks.elbow_left, undefined)
    const [shoulder, wrist] = [straight.landmarks.shoulder_left, straight.landmarks.wrist_left]
    assert.ok(Math.abs(straight.measurements.sleeve_length.value - distance(shoulder, wrist)) < 1)
  }
})

test('the chest is measured where breasts stand out, though the rib margin reaches farther forward', () => {
  const { mesh } = bodyPhantom({ breasts: true })
  for (const one of [transformed(mesh, anyPose()), transformed(noisy(mesh, 0.5, 3), anyPose())]) {
    const found = fullBody.measure(one)
    assert.ok(Math.abs(heightOf(found, 'chest_girth') - breastsAt) < 3, `at ${heightOf(found, 'chest_girth')}`)
  }
  const makehuman = fullBody.measure(scanned('body/makehuman_base.obj', 100))
  // the farthest of its front beside the midline, taken from the file itself, whose y is up
  assert.ok(Math.abs(heightOf(makehuman, 'chest_girth') - 1192) < 5)
})

test('a chest without summits is measured at a share of the stature, with doubt, and half of its triangles agree', () => {
  const mesh = scanned('body/mhr_template.ply', 10)
  const found = fullBody.measure(mesh)
  const { stature, chest_girth } = found.measurements
  const armpit = applyTo(found.toCanonical, found.landmarks.armpit_left)[2]
  assert.ok(Math.abs(armpit - heightOf(found, 'chest_girth') - 0.035 * stature.value) < 1)
  assert.ok(chest_girth.confidence < 0.6)
  const coarse = fullBody.measure(decimate(mesh, Math.floor(mesh.triangles.length / 6)))
  assertNear(coarse, { chest_girth: chest_girth.value }, 3, 'half of the triangles')
})

test('three models are bodies, as tall as their files say within 4 mm, with all girths', () => {
  for (const [file, toMm] of models) {
    const mesh = scanned(file, toMm)
    const found = fullBody.measure(transformed(mesh, anyPose()))
    const { min, max } = bounds(mesh)
    assertNear(found, { stature: max[1] - min[1] }, 4, file) // their y is up
    assert.ok(found.likeness > 0.9, file)
    const { chest_girth, waist_girth, hip_girth, thigh_girth, neck_girth, stature, inseam } = valuesOf(found)
    assert.ok(waist_girth < chest_girth && waist_girth < hip_girth && thigh_girth < hip_girth, file)
    assert.ok(neck_girth < thigh_girth && inseam > 0.4 * stature && inseam < 0.5 * stature, file)
  }
})

test('a body is the same however it is moved and turned, and when it is mirrored', () => {
  for (const [file, toMm] of models) {
    const mesh = scanned(file, toMm)
    const found = fullBody.measure(mesh)
    assertNear(fullBody.measure(transformed(mesh, anyPose())), valuesOf(found), 0.01, `${file} moved`)
    assertNear(fullBody.measure(transformed(transformed(mesh, mirror), anyPose())), valuesOf(found), 0.01, file)
  }
})

test('the frame of a body shows forward, left and up, and stands on the floor', () => {
  const pose = anyPose()
  const { toCanonical } = fullBody.measure(transformed(bodyPhantom({ cell: 12 }).mesh, pose))
  const turned = compose(toCanonical, pose) // the phantom is made in the canonical frame
  for (const at of [0, 5, 10]) assert.ok(turned[at] > 0.999, turned.map((v) => v.toFixed(3)).join(' '))
  assert.ok(Math.abs(turned[11]) < 1 && Math.abs(turned[7]) < 1)
})

test('without its arms it is no body, and says what is missing', () => {
  const { mesh } = bodyPhantom({ cell: 12 })
  const armless = submesh(mesh, (t) => {
    const v = 3 * mesh.triangles[3 * t]
    return Math.abs(mesh.positions[v + 1]) < 200
  })
  const found = fullBody.measure(armless)
  assert.deepEqual(found.measurements, {})
  assert.match(found.absent.chest_girth, /no head, two arms and two legs/)
  assert.ok(found.likeness < 0.4)
})

test('heads, feet, ears and hands are no bodies', () => {
  const files: [string, number][] = [
    ['head/ict_facekit_neutral.obj', 10],
    ['foot/find_template_left.obj', 1000],
    ['ear/cgtub_head_left_ear_crop.ply', 1],
    ['hand/webxr_generic_hand_left.obj', 1000],
  ]
  for (const [file, toMm] of files) assert.ok(fullBody.measure(scanned(file, toMm)).likeness < 0.4, file)
})

test('whatever it is given, it answers: each name has a value or a reason', () => {
  const shapes: Mesh[] = [
    { positions: new Float64Array(), triangles: new Uint32Array() },
    { positions: icosphere(40, 4).positions, triangles: new Uint32Array() },
    { positions: Float64Array.from([0, 0, 0, 9, 0, 0, 0, 9, 0]), triangles: Uint32Array.from([0, 1, 2]) },
    box([0, 0, 0], [500, 300, 1700]),
    icosphere(900, 8),
  ]
  for (const shape of shapes) {
    const found = fullBody.measure(shape)
    for (const name of Object.keys(fullBody.definitions))
      assert.ok(found.measurements[name] || found.absent[name], name)
    assert.ok(found.likeness < 0.4)
  }
})
