import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFit } from '../../check/check.ts'
import { applyTo, compose, inverse, rotation, scaling, translation, turn } from '../../mesh/matrix.ts'
import { bounds, type Mesh, transformed } from '../../mesh/mesh.ts'
import { polylineLength } from '../../mesh/polyline.ts'
import { seeded } from '../../mesh/random.ts'
import { section } from '../../mesh/section.ts'
import { icosphere } from '../../mesh/shapes.ts'
import { angleDeg, distance, unit, type Vec3 } from '../../mesh/vector.ts'
import { graspingHand } from '../../phantoms/grasp.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { design } from '../design.ts'
import { forgeGrip } from './forge-grip.ts'
import { gripHandle } from './grip.ts'
import { handMesh, handScan, inputFor } from './hands.ts'
import { hollowOf } from './hollow.ts'
import { measuredShape } from './measured.ts'

const open = handScan(handMesh('webxr'))
const mirror = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
const somewhere = compose(translation([30, -12, 5]), rotation(unit([1, 2, -1]), 2))

const refusal = (code: string, message: RegExp) => (thrown: unknown) =>
  thrown instanceof GeometryRefusal && thrown.code === code && message.test(thrown.message)

test('a handle for a hand that is closed round a rod is that rod, wherever the skin lay against it', () => {
  const { mesh, truth } = graspingHand({ turns: 240 })
  const scan = handScan(transformed(mesh, somewhere), 'left')
  const made = gripHandle(inputFor(scan, { core: 'tool-10', engraving: 'AB-7' }))
  const fit = checkFit(made.body, scan.mesh, { ...made, minWallMm: 1.2 })
  assert.deepEqual(fit.failures, [])
  assert.deepEqual([fit.watertight, fit.selfIntersections, fit.components, fit.genus], [true, 0, 1, 1])
  assert.ok(fit.contact!.areaMm2 > 2000 && fit.contactDeviation!.p95 < 0.1)
  assert.match(made.notes.join(), /made for a closed hand.* 9\d % of it over 7\d mm/)
  const { positions } = transformed(made.body, inverse(somewhere))
  const off: number[] = []
  for (let i = 0; i < positions.length; i += 3) {
    const at = made.body.positions
    const [x, y, z] = [positions[i], positions[i + 1], positions[i + 2]]
    if (made.contact!(at[i], at[i + 1], at[i + 2]) && Math.hypot(x, y) > 10)
      off.push(Math.abs(Math.hypot(x, y) - truth.radius(z)))
  }
  off.sort((a, b) => a - b)
  assert.ok(off.length > 5000)
  assert.ok(off[Math.floor(0.9 * off.length)] < 0.15, `${off[Math.floor(0.9 * off.length)]} mm`)
})

test('the hollow of a closed or half closed hand is found in any pose; an open hand has none', () => {
  const { mesh } = graspingHand({ turns: 180, cell: 2.4 })
  const still = hollowOf(mesh)!
  assert.ok(angleDeg(still.axis, [0, 0, 1]) < 1.5 || angleDeg(still.axis, [0, 0, -1]) < 1.5)
  assert.ok(still.enclosed > 0.7 && still.enclosed < 0.9 && still.to - still.from > 70)
  const moved = hollowOf(transformed(mesh, somewhere))!
  assert.ok(distance(moved.middle, applyTo(somewhere, still.middle)) < 1)
  const turned = angleDeg(moved.axis, turn(somewhere, still.axis))
  assert.ok(Math.min(turned, 180 - turned) < 0.5)
  assert.equal(hollowOf(graspingHand({ turns: 60, cell: 2.4 }).mesh), null)
  assert.equal(hollowOf(open.mesh), null)
  assert.equal(hollowOf(handMesh('odedstein')), null)
})

test('a glove gets the room that it needs round a closed hand', () => {
  const scan = handScan(graspingHand({ turns: 200, cell: 2.4 }).mesh)
  const made = gripHandle(inputFor(scan, { glove: 'work' }))
  const { failures, contact, genus } = checkFit(made.body, scan.mesh, { ...made, minWallMm: 1.2 })
  assert.deepEqual([failures, genus], [[], 0])
  assert.ok(Math.abs(contact!.p50 + 1.8) < 0.05)
})

test('an open hand gets a handle from its measurements, by the published rule, and the report says so', () => {
  const { report, product } = design(open, forgeGrip, 'grip-handle', {
    core: 'cane-16',
    grooveMm: '0',
    thumbRestMm: '0',
    swellShare: '0',
    engraving: 'N',
  })
  assert.equal(report.contact, null)
  assert.equal(report.insertionAxis, null)
  assert.deepEqual([report.watertight, report.selfIntersections, report.components, report.genus], [true, 0, 1, 1])
  assert.ok(report.bores[0].open && report.bores[0].diameterMm >= 16.18)
  assert.match(report.notes.join(), /open in the scan: the handle is made from its measurements and touches nothing/)
  const shape = measuredShape(inputFor(open))
  const handle = transformed(product!, shape.toHandle)
  const { hand_length: length, hand_breadth: breadth } = open.measurements
  // girth of the cylinder that Kong & Lowe (2005) found most comfortable
  const outer = Math.max(...section(handle, { point: [0, 0, 0], normal: [0, 0, 1] }).map(polylineLength))
  assert.ok(Math.abs(outer - Math.PI * 0.197 * length.value) < 0.5)
  const { min, max } = bounds(handle)
  assert.ok(Math.abs(max[2] - min[2] - breadth.value - 40) < 0.1)
})

test('the grooves lie where the fingers do, and are as broad', () => {
  const { body } = measuredShape(inputFor(open, { swellShare: '0', thumbRestMm: '0' }))
  // the surface's distance from the axis in front, from the upper end down
  const front = Array.from({ length: 800 }, (_, k) => {
    const z = 40 - k / 10
    let r = 10
    while (body(r, 0, z) < 0) r += 0.01
    return { z, r }
  })
  const deepest = front
    .filter(({ r }, i) => r < Math.min(front[i - 20]?.r ?? 0, front[i + 20]?.r ?? 0))
    .map(({ z }) => z)
  const middles = ['index', 'middle', 'ring', 'little'].map((name) => open.measurements[`${name}_width`].value + 1)
  let top = middles.reduce((sum, width) => sum + width, 0) / 2
  for (const width of middles) {
    const at = top - width / 2
    assert.ok(
      deepest.some((z) => Math.abs(z - at) < 0.3),
      `no groove at ${at.toFixed(1)}`,
    )
    top -= width
  }
})

test('the handle for a right hand is the mirror image of that for the left', () => {
  const right = handScan(transformed(handMesh('webxr'), mirror))
  assert.deepEqual([open.side, right.side], ['left', 'right'])
  const [a, b] = [open, right].map((scan) => measuredShape(inputFor(scan)))
  const random = seeded(7)
  for (let i = 0; i < 300; i++) {
    const at: Vec3 = [40 * random() - 20, 40 * random() - 20, 100 * random() - 50]
    const inScan = applyTo(inverse(a.toHandle), at)
    const mirrored = applyTo(b.toHandle, applyTo(mirror, inScan))
    assert.ok(distance(mirrored, at) < 0.05 && Math.abs(a.body(...at) - b.body(...mirrored)) < 0.05)
  }
  // the rest for the thumb is on one side only
  const far = [a.body(-6, 17, 28), a.body(-6, -17, 28)]
  assert.ok(Math.abs(far[0] - far[1]) > 0.5)
})

test('a core that leaves no wall is refused with the thickest that this hand takes', () => {
  const child = handScan(transformed(handMesh('webxr'), scaling(0.72)))
  assert.throws(
    () => gripHandle(inputFor(child, { core: 'bicycle-22' })),
    refusal(
      'DESIGN_NOT_SUPPORTED',
      /core of 22\.3 mm leaves less than 2 mm of wall: this hand takes one of up to 1\d mm/,
    ),
  )
})

test('a core is none or 3 mm and more, and a bore of 3 mm is as wide as it is meant to be', () => {
  const input = inputFor(open)
  const withCore = (coreMm: number) => ({ ...input, parameters: { ...input.parameters, coreMm } })
  for (const coreMm of [0.01, 0.1, 2.9])
    assert.throws(() => gripHandle(withCore(coreMm)), refusal('DESIGN_NOT_SUPPORTED', /0 for none, or 3 mm and more/))
  const made = gripHandle(withCore(3))
  const { failures, bores } = checkFit(made.body, open.mesh, { ...made, minWallMm: 1.2 })
  assert.deepEqual(failures, [])
  assert.ok(bores[0].diameterMm >= 2.98 && bores[0].diameterMm < 3.2, `${bores[0].diameterMm} mm`)
})

test('what is neither a closed hand nor an open one that could be measured is refused with what is missing', () => {
  const input = (mesh: Mesh) => ({ ...inputFor(open), mesh, side: null, measurements: {} })
  assert.throws(
    () => gripHandle(input(icosphere(45, 20))),
    refusal('DESIGN_NOT_SUPPORTED', /neither a hand that holds something nor an open hand.*hand_length, hand_breadth/),
  )
  assert.throws(
    () => gripHandle(input(graspingHand({ turns: 300, thick: 4.5, thin: 4 }).mesh)),
    refusal('DESIGN_NOT_SUPPORTED', /so tight that only \d mm|neither a hand that holds/),
  )
})
