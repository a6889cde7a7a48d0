import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { decimate } from '../../mesh/resample.ts'
import { box, icosphere } from '../../mesh/shapes.ts'
import { noisy, torn } from '../../phantoms/canal-damage.ts'
import { handInPieces, handPhantom } from '../../phantoms/hand.ts'
import { scanned } from '../../test-support/scans.ts'
import { assertNear, mirror, posesFrom, valuesOf } from '../../test-support/trials.ts'
import { hand } from './hand.ts'

const anyPose = posesFrom(23)

const phantom = handPhantom()

test('lengths and widths of all fingers, palm and hand are those that the phantom was made with', () => {
  const found = hand.measure(transformed(phantom.mesh, anyPose()))
  const { hand_length, palm_length, ...rest } = phantom.truth
  assertNear(found, rest, 0.1, 'clean')
  // the wrist, an edge here, is found to half a millimetre
  assertNear(found, { hand_length, palm_length }, 0.5, 'clean')
  assert.ok(found.likeness > 0.9)
})

test('with noise, holes and 5,000 triangles left the fingers are within 0.3 mm, the hand within 0.5 mm', () => {
  const found = hand.measure(decimate(torn(noisy(transformed(phantom.mesh, anyPose()), 0.1, 3), 5, 10, 3), 5000))
  const { hand_length, palm_length, hand_breadth, ...fingers } = phantom.truth
  assertNear(found, fingers, 0.3, 'spoilt')
  assertNear(found, { hand_length, palm_length, hand_breadth }, 0.5, 'spoilt')
})

test('a hand made of pieces that overlap is one hand, and its palm ends where the scan does', () => {
  const { mesh, truth } = handInPieces()
  const found = hand.measure(transformed(mesh, anyPose()))
  assertNear(found, truth, 0.1, 'pieces')
  assert.match(found.absent.wrist_circumference, /does not narrow/)
  assert.ok(found.measurements.hand_length.confidence < 0.5)
})

test('moved and turned a hand is the same, and mirrored it is the other hand', () => {
  for (const mesh of [phantom.mesh, scanned('hand/webxr_generic_hand_left.obj', 1000)]) {
    const found = hand.measure(mesh)
    const moved = hand.measure(transformed(mesh, anyPose()))
    const other = hand.measure(transformed(transformed(mesh, mirror), anyPose()))
    assertNear(moved, valuesOf(found), 0.01, 'moved')
    assertNear(other, valuesOf(found), 0.01, 'mirrored')
    assert.equal(moved.side, found.side)
    assert.notEqual(other.side, found.side)
    assert.ok(found.side && found.sideConfidence > 0.8)
  }
})

test('the left hand of a model is a left hand, whole, and as long as from its crease to its tip', () => {
  const found = hand.measure(scanned('hand/webxr_generic_hand_left.obj', 1000))
  assert.equal(found.side, 'left')
  assert.deepEqual(found.absent, {})
  assert.ok(found.likeness > 0.9)
  const { hand_length, palm_length, middle_length } = valuesOf(found)
  assert.ok(Math.abs(hand_length - palm_length - middle_length) < 0.01)
  assert.ok(Math.abs(hand_length - 178) < 4)
})

test('what the customer says of the side counts only when the scan does not tell', () => {
  const left = scanned('hand/webxr_generic_hand_left.obj', 1000)
  assert.equal(hand.measure(left, { side: 'right' }).side, 'left')
})

test('half of the triangles tell the same of a hand within 0.3 mm', () => {
  const mesh = scanned('hand/odedstein_hand_closed.obj', 235)
  assertNear(
    hand.measure(decimate(mesh, Math.floor(mesh.triangles.length / 6))),
    valuesOf(hand.measure(mesh)),
    0.3,
    'half',
  )
})

test('bent fingers have no length, and the palm waits for straight ones', () => {
  const found = hand.measure(transformed(handPhantom({ bent: true }).mesh, anyPose()))
  for (const name of ['index', 'middle', 'ring', 'little']) assert.match(found.absent[`${name}_length`], /bent/)
  assert.match(found.absent.hand_length, /bent/)
  assert.match(found.absent.hand_breadth, /bent/)
  assertNear(found, { index_width: phantom.truth.index_width }, 0.2, 'bent')
})

test('a hand without its little finger says how many fingers stand apart', () => {
  const { positions, triangles } = phantom.mesh
  const without = submesh(phantom.mesh, (t) => {
    const v = 3 * triangles[3 * t]
    return positions[v] > -22 || positions[v + 1] < 3
  })
  const found = hand.measure(without)
  assert.match(found.absent.hand_length, /only 4 of five fingers/)
  assert.deepEqual(found.measurements, {})
})

test('heads, feet, ears and bodies are no hands', () => {
  const files: [string, number][] = [
    ['head/mediapipe_canonical_face.obj', 10],
    ['foot/find_template_left.obj', 1000],
    ['ear/cgtub_head_left_ear_crop.ply', 1],
    ['body/odedstein_human_neutral.obj', 1000],
  ]
  for (const [file, toMm] of files) assert.ok(hand.measure(scanned(file, toMm)).likeness < 0.4, file)
})

test('whatever it is given, it answers: each name has a value or a reason', () => {
  const shapes: Mesh[] = [
    { positions: new Float64Array(), triangles: new Uint32Array() },
    { positions: icosphere(40, 4).positions, triangles: new Uint32Array() },
    { positions: Float64Array.from([0, 0, 0, 9, 0, 0, 0, 9, 0]), triangles: Uint32Array.from([0, 1, 2]) },
    box([0, 0, 0], [80, 100, 30]),
    icosphere(90, 8),
  ]
  for (const shape of shapes) {
    const found = hand.measure(shape)
    for (const name of Object.keys(hand.definitions)) {
      const reading = found.measurements[name]
      assert.ok(reading ? reading.value > 0 && reading.confidence >= 0 && reading.confidence <= 1 : found.absent[name])
    }
    assert.ok(found.likeness < 0.4)
  }
})
