import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compose } from '../../mesh/matrix.ts'
import { bounds, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { decimate } from '../../mesh/resample.ts'
import { box, icosphere } from '../../mesh/shapes.ts'
import { bodyPhantom } from '../../phantoms/body.ts'
import { noisy, torn } from '../../phantoms/canal-damage.ts'
import { scanned } from '../../test-support/scans.ts'
import { assertNear, mirror, posesFrom, valuesOf } from '../../test-support/trials.ts'
import { fullBody } from './body.ts'

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
