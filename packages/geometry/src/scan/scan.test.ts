import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPiecesTurned } from '../clean/orient.ts'
import type { BodyPart } from '../measure/measurement.ts'
import { measurers } from '../measure/measurers.ts'
import { scaling } from '../mesh/matrix.ts'
import { faceVectors, type Mesh, transformed } from '../mesh/mesh.ts'
import { box, icosphere } from '../mesh/shapes.ts'
import { readScan } from '../read/read.ts'
import { GeometryRefusal } from '../refusal.ts'
import { glbOf } from '../write/glb.ts'
import { plyOf } from '../write/ply.ts'
import { leastQuality } from './quality.ts'
import { finiteOf, type MeasuredScan, measureScan, refuseOtherSide, refusePoor } from './scan.ts'
import { summaryOf } from './summary.ts'
import { guessUnits, type LengthUnit, radiusOf } from './units.ts'
import { scanBytes } from '../test-support/scans.ts'

const refused = (code: string) => (error: unknown) => error instanceof GeometryRefusal && error.code === code

/** Every shared scan: what it is, in which unit, of which side, and how many measurements it supports at least. */
const scans: Record<string, [BodyPart, LengthUnit, 'left' | 'right' | null, number]> = {
  'ear/hutubs_pp3_left_ear.ply': ['ear', 'mm', 'left', 10],
  'ear/cgtub_head_left_ear_crop.ply': ['ear', 'mm', 'left', 10],
  'foot/dupontgu_left_foot.stl': ['foot', 'm', 'left', 15],
  'foot/dupontgu_left_foot.obj': ['foot', 'm', 'left', 15],
  'foot/find_template_left.obj': ['foot', 'm', 'left', 15],
  'head/cgtub_head.ply': ['head', 'mm', null, 10],
  'head/ict_facekit_neutral.obj': ['head', 'cm', null, 11],
  'head/mediapipe_canonical_face.obj': ['head', 'cm', null, 3],
  'head/sc_sven_truedepth_frame000.ply': ['head', 'm', null, 0],
  'head/sc_sven_truedepth_frame044.ply': ['head', 'm', null, 1],
  'hand/webxr_generic_hand_left.obj': ['hand', 'm', 'left', 16],
  'hand/webxr_left.glb': ['hand', 'm', 'left', 16],
  'body/odedstein_human_neutral.obj': ['full_body', 'm', null, 11],
  'body/mhr_template.ply': ['full_body', 'cm', null, 11],
  'body/makehuman_base.obj': ['full_body', 'dm', null, 11],
}

for (const [name, [bodyPart, unit, side, least]] of Object.entries(scans)) {
  test(`${name} is told as ${bodyPart} in ${unit}, and measured`, () => {
    const scan = measureScan(scanBytes(name))
    assert.deepEqual([scan.bodyPart, scan.unit, scan.side], [bodyPart, unit, side])
    assert.ok(scan.bodyPartConfidence > 0.5, `${scan.bodyPartConfidence}`)
    assert.ok(Object.keys(scan.measurements).length >= least)
    const summary = summaryOf(scan)
    assert.deepEqual(JSON.parse(JSON.stringify(summary)), summary)
    const named = [...Object.keys(summary.measurements), ...Object.keys(summary.absent)].sort()
    assert.deepEqual(named, Object.keys(measurers[bodyPart].definitions).sort())
    if (least === 0) assert.throws(() => refusePoor(scan.quality), refused('SCAN_QUALITY_LOW'))
    else assert.ok(scan.quality.score >= leastQuality, `${scan.quality.score}`)
  })
}

test('a closed hand in no unit at all is a hand by its shape, of a size that nobody knows', () => {
  const bytes = scanBytes('hand/odedstein_hand_closed.obj')
  const scan = measureScan(bytes)
  assert.equal(scan.bodyPart, 'hand')
  assert.ok(scan.bodyPartConfidence > 0.5 && scan.bodyPartConfidence < 0.7, `${scan.bodyPartConfidence}`)
  assert.ok(scan.unitConfidence < 0.1)
  assert.deepEqual(
    scan.quality.issues.map(({ code }) => code),
    ['UNIT_UNCERTAIN'],
  )
  assert.ok(!measureScan(bytes, { unit: 'dm' }).quality.issues.some(({ code }) => code === 'UNIT_UNCERTAIN'))
})

test('what is like no part of the body is nothing for sure', () => {
  const scan = measureScan(plyOf(box([0, 0, 0], [90, 60, 50])))
  assert.ok(scan.bodyPartConfidence < 0.5, `${scan.bodyPartConfidence}`)
})

test('a scan in any unit is brought to millimetres', () => {
  const ear = readScan(scanBytes('ear/cgtub_head_left_ear_crop.ply'))
  const inMm = measureScan(plyOf(ear)).measurements['pinna_height']?.value
  assert.ok(inMm)
  for (const [unit, by] of [
    ['cm', 0.1],
    ['m', 0.001],
    ['in', 1 / 25.4],
  ] as const) {
    const found = measureScan(plyOf(transformed(ear, scaling(by))))
    assert.equal(found.unit, unit)
    assert.ok(found.unitConfidence > 0.5, `${unit}: ${found.unitConfidence}`)
    assert.ok(Math.abs((found.measurements['pinna_height']?.value ?? 0) - inMm) < 0.01)
  }
})

test('a unit that is said is believed, and one that the format fixes', () => {
  assert.equal(
    measureScan(scanBytes('ear/cgtub_head_left_ear_crop.ply'), { unit: 'mm', part: 'ear' }).unitConfidence,
    1,
  )
  assert.equal(measureScan(scanBytes('hand/webxr_left.glb')).unitConfidence, 1)
})

test('a scan of another part than was said is refused, and how sure that is said', () => {
  const swapped: [string, BodyPart][] = [
    ['foot/dupontgu_left_foot.stl', 'ear'],
    ['ear/hutubs_pp3_left_ear.ply', 'foot'],
    ['body/odedstein_human_neutral.obj', 'head'],
    ['head/cgtub_head.ply', 'foot'],
  ]
  for (const [name, part] of swapped) {
    assert.throws(
      () => measureScan(scanBytes(name), { part }),
      (error: unknown) =>
        error instanceof GeometryRefusal && error.code === 'SCAN_BODY_PART_MISMATCH' && /% sure/.test(error.message),
      `${name} as ${part}`,
    )
  }
})

test('the jaw’s state goes with the results', () => {
  const scan = measureScan(scanBytes('ear/cgtub_head_left_ear_crop.ply'), { part: 'ear', jaw: 'open' })
  assert.equal(summaryOf(scan).jaw, 'open')
})

test('too little to be a surface is refused, not measured', () => {
  const points = { positions: Float64Array.from({ length: 90 }, (_, i) => i % 7), triangles: new Uint32Array() }
  assert.throws(() => measureScan(plyOf(points)), refused('SCAN_EMPTY'))
})

test('sizes tell units: an ear is not a metre high', () => {
  const [best] = guessUnits(0.029, ['ear'])
  assert.equal(best.unit, 'm')
  assert.equal(guessUnits(86, ['foot'])[0].unit, 'mm')
  assert.ok(radiusOf(readScan(scanBytes('head/cgtub_head.ply'))) > 100)
})

test('a side that the scan contradicts is told, and refused for goods', () => {
  const bytes = scanBytes('ear/cgtub_head_left_ear_crop.ply')
  const said = measureScan(bytes, { part: 'ear', side: 'right' })
  assert.equal(said.side, 'left')
  const [issue] = said.quality.issues
  assert.equal(issue.code, 'SIDE_MISMATCH')
  assert.equal(
    issue.message,
    `the scan is of a left ear (${Math.round(issue.value * 100)} % sure), not of the right one`,
  )
  assert.throws(() => refuseOtherSide(said), refused('SCAN_BODY_PART_MISMATCH'))
  assert.ok(said.judged({ concha: 1 }).issues.some(({ code }) => code === 'SIDE_MISMATCH'))

  const agreed = measureScan(bytes, { part: 'ear', side: 'left' })
  assert.equal(agreed.quality.score, said.quality.score)
  assert.ok(!agreed.quality.issues.some(({ code }) => code === 'SIDE_MISMATCH'))
  refuseOtherSide(agreed)
})

test('what is no number is absent, with a reason', () => {
  const reading = { value: NaN, confidence: 0.97, trace: [] }
  const definition = { unit: 'mm', definition: '', source: '' } as const
  const found = finiteOf(
    {
      measurements: { a: reading, b: { ...reading, value: 1 } },
      absent: {},
      landmarks: { p: [0, NaN, 0], q: [0, 0, 0] },
    },
    { definitions: { a: definition, b: definition } },
  )
  assert.deepEqual([Object.keys(found.measurements), Object.keys(found.absent)], [['b'], ['a']])
  assert.deepEqual(found.landmarks, { q: [0, 0, 0] })
})

test('an open scan that is inside out is turned about, and that is told', () => {
  const insideOut = (mesh: Mesh): Mesh => ({
    positions: mesh.positions,
    triangles: mesh.triangles.map((_, corner, all) => all[corner + [0, 1, -1][corner % 3]]),
  })
  const valuesOf = ({ measurements }: MeasuredScan) =>
    Object.entries(measurements).map(([name, { value }]) => [name, Math.round(value * 100)])
  for (const [name, options] of [
    ['ear/cgtub_head_left_ear_crop.ply', { part: 'ear' }],
    ['head/mediapipe_canonical_face.obj', {}],
  ] as const) {
    const good = readScan(scanBytes(name))
    const right = measureScan(plyOf(good), options)
    const turned = measureScan(plyOf(insideOut(good)), options)
    assert.deepEqual([turned.bodyPart, turned.side, turned.unit], [right.bodyPart, right.side, right.unit], name)
    assert.deepEqual(valuesOf(turned), valuesOf(right), name)
    assert.equal(turned.quality.issues[0]?.code, 'INSIDE_OUT')
    assert.ok(turned.sideConfidence <= 0.5)
    assert.ok(!right.quality.issues.some(({ code }) => code === 'INSIDE_OUT'))
  }
})

test('of a scan that is inside out, what holds a volume stays as it is', () => {
  const ball = icosphere(10, 8)
  const count = ball.positions.length / 3
  const bowl = ball.triangles.filter((_, corner, all) => ball.positions[3 * all[corner - (corner % 3)]] < 0)
  const both = {
    positions: Float64Array.from([...ball.positions, ...ball.positions.map((value) => value + 50)]),
    triangles: Uint32Array.from([...bowl, ...ball.triangles.map((v) => v + count)]),
  }
  const { mesh, share } = openPiecesTurned(both)
  const faces = faceVectors(mesh)
  const before = faceVectors(both)
  const turned = Array.from(faces, (value, i) => Math.round(value / before[i]))
  assert.ok(turned.slice(0, bowl.length).every((by) => by === -1 || Number.isNaN(by)))
  assert.ok(turned.slice(bowl.length).every((by) => by === 1 || Number.isNaN(by)))
  assert.ok(Math.abs(share - 1 / 3) < 0.05)
})

test('the only part of a size is not sure to be it', () => {
  // a ball as large as a body, and a foot that would be a quarter of a millimetre long
  const ball = measureScan(plyOf(icosphere(500, 16)), { unit: 'mm' })
  assert.ok(ball.bodyPartConfidence < 0.1, `${ball.bodyPart} ${ball.bodyPartConfidence}`)

  const tiny = { mesh: readScan(scanBytes('foot/dupontgu_left_foot.stl')), name: 'foot', color: [1, 1, 1, 1] } as const
  for (const part of ['foot', undefined] as const) {
    const found = measureScan(glbOf([tiny]), { part })
    assert.ok(found.unitConfidence < 0.1)
    assert.ok(found.quality.score < leastQuality)
    assert.ok(found.quality.issues.some(({ code }) => code === 'SIZE_IMPLAUSIBLE'))
  }
})
