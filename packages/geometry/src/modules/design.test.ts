import assert from 'node:assert/strict'
import { test } from 'node:test'
import { surfaceOfSdf } from '../field/surface.ts'
import { scaling } from '../mesh/matrix.ts'
import { bounds, transformed } from '../mesh/mesh.ts'
import { earWithCanal } from '../phantoms/ear.ts'
import { readScan } from '../read/read.ts'
import { GeometryRefusal } from '../refusal.ts'
import { type MeasuredScan, measureScan } from '../scan/scan.ts'
import { assertSound, withoutAdmesh } from '../test-support/admesh.ts'
import { plyOf } from '../write/ply.ts'
import { design, type DesignReport } from './design.ts'
import type { Generated, Module } from './module.ts'
import { moduleOf } from './registry.ts'
import { scanBytes } from '../test-support/scans.ts'
import { warped } from '../test-support/trials.ts'

const ears = {
  'a range image': measureScan(scanBytes('ear/hutubs_pp3_left_ear.ply'), { part: 'ear' }),
  'a scan with undercuts': measureScan(scanBytes('ear/cgtub_head_left_ear_crop.ply'), { part: 'ear' }),
}
const foot = measureScan(scanBytes('foot/dupontgu_left_foot.stl'), { part: 'foot' })

const make = (scan: MeasuredScan, moduleId: string, productId: string, options: Record<string, string> = {}) =>
  design(scan, moduleOf(moduleId), productId, options)

function assertFits(report: DesignReport, { genus }: { genus: number }) {
  assert.equal(report.watertight, true)
  assert.equal(report.selfIntersections, 0)
  assert.equal(report.components, 1)
  assert.equal(report.genus, genus)
  assert.ok(report.contact && Math.abs(report.contact.p95 - report.intendedOffsetMm) < 0.1)
  assert.ok(report.minWallMm >= report.manufacturing.minWallMm - 0.02)
  assert.ok(report.insertionAxis)
}

for (const [name, scan] of Object.entries(ears)) {
  test(`an ear plug for ${name} fits, and an independent program has no complaint`, () => {
    const { report, files } = make(scan, 'forge-audio', 'ear-plugs', { vent: 'small', engraving: 'A1' })
    assertFits(report, { genus: 1 })
    assert.ok(report.ventDiameterMm! >= 1)
    assert.match(report.notes.join(), /stub/)
    if (!withoutAdmesh) assertSound(files['product.stl'])
    assert.deepEqual(Object.keys(files).sort(), [
      'preview.glb',
      'preview.png',
      'product.3mf',
      'product.stl',
      'report.json',
    ])
    assert.deepEqual(JSON.parse(new TextDecoder().decode(files['report.json'])), JSON.parse(JSON.stringify(report)))
  })

  test(`a hearing-aid shell and an earbud for ${name} fit`, () => {
    const shell = make(scan, 'forge-audio', 'hearing-aid-mold', { engraving: 'A1' })
    assertFits(shell.report, { genus: 2 })
    if (!withoutAdmesh) assertSound(shell.files['product.stl'])
    const bud = make(scan, 'forge-audio', 'earbuds-pro')
    assertFits(bud.report, { genus: 1 })
    assert.deepEqual(
      bud.report.keepOuts.map(({ intrusionMm }) => intrusionMm <= 0.02),
      [true],
    )
    if (!withoutAdmesh) assertSound(bud.files['product.stl'])
  })
}

test('what is made for an ear that shows its canal goes into it, narrower at the tip, and fits', () => {
  const { mesh } = earWithCanal(readScan(scanBytes('ear/hutubs_pp3_left_ear.ply')))
  const scan = measureScan(plyOf(mesh), { part: 'ear' })
  assert.ok(scan.measurements.canal_length)
  for (const [product, genus] of [
    ['ear-plugs', 1],
    ['hearing-aid-mold', 2],
    ['earbuds-pro', 1],
  ] as const) {
    const { report, product: body } = make(
      scan,
      'forge-audio',
      product,
      product === 'ear-plugs' ? { vent: 'small' } : {},
    )
    assertFits(report, { genus })
    // no stub was made for want of a canal; how thin its walls came out may be told
    assert.deepEqual(
      report.notes.filter((note) => !note.startsWith('walls of ')),
      [],
    )
    // the floor of the cavum lies at z = 67
    assert.ok(bounds(body!).min[2] < 62, `${product} ends at ${bounds(body!).min[2]}`)
  }
})

test('plugs, with letters and a vent, and an earbud fit ears of other shapes', () => {
  const ear = readScan(scanBytes('ear/hutubs_pp3_left_ear.ply'))
  const { toCanonical } = ears['a range image']
  for (const [seed, product, options] of [
    [1, 'ear-plugs', { engraving: 'MW8B' }],
    [2, 'ear-plugs', { engraving: 'G6K9', vent: 'small' }],
    [3, 'ear-plugs', { engraving: 'a-b Z', handle: 'none', vent: 'large' }],
    [5, 'earbuds-pro', { engraving: '25' }],
  ] as const) {
    const other = measureScan(plyOf(warped(ear, toCanonical, seed)), { part: 'ear' })
    const { report, files } = make(other, 'forge-audio', product, options)
    assertFits(report, { genus: 'vent' in options || product === 'earbuds-pro' ? 1 : 0 })
    if (!withoutAdmesh) assertSound(files['product.stl'])
  }
})

test('a plug for a right ear is the mirror image of the left one’s', () => {
  const left = readScan(scanBytes('ear/hutubs_pp3_left_ear.ply'))
  const right = measureScan(plyOf(transformed(left, [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])), {
    part: 'ear',
  })
  assert.equal(right.side, 'right')
  const [a, b] = [ears['a range image'], right].map(
    (scan) => make(scan, 'forge-audio', 'ear-plugs', { handle: 'none' }).report,
  )
  assert.equal(b.side, 'right')
  // the letters L and R have different volumes
  assert.ok(Math.abs(a.volumeMm3 - b.volumeMm3) < 5, `${a.volumeMm3} and ${b.volumeMm3}`)
})

for (const product of ['insole-full', 'insole-three-quarter']) {
  test(`${product} follows the foot`, () => {
    const { report, files } = make(foot, 'forge-step', product)
    assertFits(report, { genus: 0 })
    if (!withoutAdmesh) assertSound(files['product.stl'])
  })
}

test('insoles of each material, with a cover or a deep cup, fit a foot of another shape', () => {
  const other = measureScan(plyOf(warped(foot.mesh, foot.toCanonical, 2)), { part: 'foot', unit: 'mm' })
  for (const [product, options] of [
    ['insole-full', { material: 'carbon', cover: 'foam', heelCup: 'shallow' }],
    ['insole-three-quarter', { material: 'eva', support: 'high', heelCup: 'deep' }],
  ] as const)
    assertFits(make(other, 'forge-step', product, options).report, { genus: 0 })
})

test('an ear’s shell with bore and vent leaves through the tip of its canal', () => {
  const ear = earWithCanal(readScan(scanBytes('ear/hutubs_pp3_left_ear.ply'))).mesh
  const other = measureScan(plyOf(warped(ear, ears['a range image'].toCanonical, 1)), { part: 'ear' })
  assertFits(make(other, 'forge-audio', 'hearing-aid-mold').report, { genus: 2 })
})

test('the same scan and options make the same files', () => {
  const [first, second] = [1, 2].map(() => make(ears['a range image'], 'forge-audio', 'ear-plugs').files)
  for (const name of ['product.stl', 'product.3mf', 'report.json']) assert.deepEqual(first[name], second[name])
})

/** A product for the foot that is a plate of so many mm, or nothing. */
const plate = (thickMm: number, made: Partial<Generated> = {}): Module => ({
  ...moduleOf('forge-step'),
  products: [
    {
      ...moduleOf('forge-step').products[0],
      customizations: [],
      generate: () => ({
        body: surfaceOfSdf(
          (x, y, z) => Math.max(Math.abs(x) - 10, Math.abs(y) - 10, Math.abs(z) - thickMm / 2),
          { min: [-12, -12, -thickMm], max: [12, 12, thickMm] },
          0.5,
        ),
        intendedOffsetMm: 0,
        contact: null,
        bores: [],
        genus: 0,
        pressMm: null,
        notes: ['a plate'],
        ...made,
      }),
    },
  ],
})

test('a wall that is less than was meant, though it can be made, is told with its place', () => {
  const notesOf = (made: Partial<Generated>) => design(foot, plate(3, made), 'insole-full').report.notes
  const [, thin, ...others] = notesOf({ wallMm: 4 })
  assert.match(thin, /^walls of 4 mm were meant: (2\.[89]|3\.0)\d mm are left at \(-?\d+\.\d, -?\d+\.\d, -?\d+\.\d\)$/)
  assert.deepEqual(others, [])
  assert.deepEqual(notesOf({ wallMm: 3.1 }), ['a plate'])
  // left out: the parameter of 2.5 mm is not for a plate without bores
  assert.deepEqual(notesOf({}), ['a plate'])
  assert.match(notesOf({ wallMm: 4, scanToProduct: scaling(0.5) }).join(), /walls of 2 mm were meant: 1\.[45]\d mm are/)
})

test('a body of which nothing is left, or with a point that is nowhere, does not fit', () => {
  const unfit = (message: RegExp) => (error: unknown) =>
    error instanceof GeometryRefusal && error.code === 'DESIGN_DOES_NOT_FIT' && message.test(error.message)
  const none = { positions: new Float64Array(), triangles: new Uint32Array() }
  assert.throws(() => design(foot, plate(3, { body: none }), 'insole-full'), unfit(/nothing of it is left/))
  const nowhere = { positions: new Float64Array(9).fill(NaN), triangles: new Uint32Array([0, 1, 2]) }
  assert.throws(() => design(foot, plate(3, { body: nowhere }), 'insole-full'), unfit(/is nowhere/))
})

test('a design is refused before it is made when it cannot be', () => {
  const refused = (code: string) => (error: unknown) => error instanceof GeometryRefusal && error.code === code
  assert.throws(() => make(foot, 'forge-audio', 'ear-plugs'), refused('SCAN_BODY_PART_MISMATCH'))
  const unseen = { ...ears['a range image'], coverage: { ...ears['a range image'].coverage, concha: 0.7 } }
  assert.throws(() => make(unseen, 'forge-audio', 'ear-plugs'), refused('DESIGN_NOT_SUPPORTED'))
  const poor = { ...ears['a range image'], coverage: { ...ears['a range image'].coverage, concha: 0.3 } }
  assert.throws(() => make(poor, 'forge-audio', 'ear-plugs'), refused('SCAN_QUALITY_LOW'))
  assert.throws(
    () => make(ears['a range image'], 'forge-audio', 'ear-plugs', { leftRight: 'right' }),
    refused('DESIGN_NOT_SUPPORTED'),
  )
})

test('a design that fails its check is never handed over', () => {
  // a wall as thick as the concha leaves no room for the channel that the parameters ask for
  assert.throws(
    () =>
      make(ears['a range image'], 'forge-audio', 'hearing-aid-mold', {
        wallMm: '0.6',
        ventDiameterMm: '3',
        soundBoreDiameterMm: '3',
      }),
    (error: unknown) =>
      error instanceof GeometryRefusal && error.code === 'DESIGN_DOES_NOT_FIT' && error.message.length > 40,
  )
})
