import assert from 'node:assert/strict'
import { test } from 'node:test'
import { earWithCanal } from '../../phantoms/ear.ts'
import { readScan } from '../../read/read.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { type MeasuredScan, measureScan } from '../../scan/scan.ts'
import { scanBytes } from '../../test-support/scans.ts'
import { plyOf } from '../../write/ply.ts'
import { choose, productOf } from '../choose.ts'
import { design } from '../design.ts'
import { earPlug } from './ear-plugs.ts'
import { forgeAudio } from './forge-audio.ts'
import { hearingAidMold } from './hearing-aid-mold.ts'

const bytes = scanBytes('ear/hutubs_pp3_left_ear.ply')
const closed = measureScan(bytes, { part: 'ear' })
const shell = productOf(forgeAudio, 'hearing-aid-mold')

test('a hearing-aid shell for an ear whose canal the scan does not show says that it ends in a stub', () => {
  const notes = (scan: MeasuredScan) => design(scan, forgeAudio, 'hearing-aid-mold').report.notes.join()
  assert.match(notes(closed), /shows no canal: the shell ends in a stub/)
  assert.doesNotMatch(notes(measureScan(plyOf(earWithCanal(readScan(bytes)).mesh), { part: 'ear' })), /stub/)
})

test('each product is by default of the material that it states', () => {
  const materials = forgeAudio.products.map((product) => [
    product.id,
    choose(forgeAudio, product, {}).manufacturing.material,
    product.manufacturing.material,
  ])
  assert.deepEqual(materials, [
    ['earbuds-pro', 'medical-silicone', 'medical-silicone'],
    ['ear-plugs', 'medical-silicone', 'medical-silicone'],
    ['hearing-aid-mold', 'biocompatible-resin', 'biocompatible-resin'],
  ])
})

test('a vent narrower than vents are made is refused before anything is made, with what would be right', () => {
  for (const [product, generate] of [
    [productOf(forgeAudio, 'ear-plugs'), earPlug],
    [shell, hearingAidMold],
  ] as const) {
    const { parameters, choices } = choose(forgeAudio, product, {})
    const made = (ventDiameterMm: number, progress: () => void) =>
      generate({
        ...closed,
        curves: closed.curves ?? {},
        parameters: { ...parameters, ventDiameterMm },
        choices,
        progress,
      })
    for (const narrow of [0.05, 0.79]) {
      assert.throws(
        () => made(narrow, () => assert.fail('it was begun')),
        (error: unknown) =>
          error instanceof GeometryRefusal &&
          error.code === 'DESIGN_OPTION_UNKNOWN' &&
          /0 for none, or 0.8 mm and more/.test(error.message),
      )
    }
    const begun = new Error('begun')
    for (const right of [0, 0.8, 3]) {
      assert.throws(
        () =>
          made(right, () => {
            throw begun
          }),
        begun,
      )
    }
  }
})
