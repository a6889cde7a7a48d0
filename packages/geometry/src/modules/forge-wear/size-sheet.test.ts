import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identity } from '../../mesh/matrix.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { measureScan } from '../../scan/scan.ts'
import { choose } from '../choose.ts'
import { design } from '../design.ts'
import type { DesignInput } from '../module.ts'
import { charts, nearestSize } from './charts.ts'
import { forgeWear } from './forge-wear.ts'
import { garments } from './garments.ts'
import { missingSizes, sizeSheet } from './size-sheet.ts'
import { scanBytes } from '../../test-support/scans.ts'

/** Somebody of whom so much is known, mm. */
function customer(known: Record<string, number>, options: Record<string, string> = {}): DesignInput {
  const { parameters, choices } = choose(forgeWear, forgeWear.products[0], options)
  return {
    mesh: { positions: new Float64Array(), triangles: new Uint32Array() },
    side: null,
    toCanonical: identity,
    measurements: Object.fromEntries(
      Object.entries(known).map(([name, value]) => [name, { value, confidence: name === 'wrist_girth' ? 0.5 : 0.9 }]),
    ),
    absent: { neck_girth: 'the neck has gaps, "as scanned"' },
    landmarks: {},
    curves: {},
    parameters,
    choices,
    progress: () => {},
  }
}

const sheetOf = (input: DesignInput) => {
  const { sheets } = sizeSheet(input)
  const [json, csv] = ['size-sheet.json', 'size-sheet.csv'].map((name) => sheets.find((one) => one.name === name)!.text)
  return { sheet: JSON.parse(json) as Sheet, csv }
}
interface Sheet {
  lines: { measurement: string; bodyMm: number; easeMm: number; garmentMm: number; remark: string }[]
  nearestSize: { label: string | null; sizeCm?: number; orCm?: number | null; offMm?: number }
  chart: { id: string }
  absent: { measurement: string; why: string }[]
}

test('a shirt is cut to the body and its ease, and what the scan does not tell is left blank with the reason', () => {
  const { sheet, csv } = sheetOf(
    customer({ chest_girth: 996.24, waist_girth: 850, wrist_girth: 170, sleeve_length: 600 }, { fit: 'loose' }),
  )
  const line = (name: string) => sheet.lines.find(({ measurement }) => measurement === name)
  // 55 mm to move in and 90 mm by the cut
  assert.deepEqual([line('chest_girth')!.bodyMm, line('chest_girth')!.garmentMm], [996.2, 1141.2])
  assert.equal(line('sleeve_length')!.easeMm, 0)
  assert.match(line('wrist_girth')!.remark, /measure again/)
  assert.equal(line('neck_girth'), undefined)
  assert.equal(sheet.lines.length + sheet.absent.length, garments.shirt.lines.length)
  assert.match(csv, /^chest_girth,996\.2,145\.0,1141\.2,0\.90,\r$/m)
  assert.match(csv, /^neck_girth,,,,,"absent: the neck has gaps, ""as scanned"""\r$/m)
})

test('the nearest standard size is named with its neighbour when the girth lies at the border between them', () => {
  assert.deepEqual(sheetOf(customer({ chest_girth: 996 })).sheet.nearestSize.label, '100 (M)')
  assert.deepEqual(sheetOf(customer({ chest_girth: 1017 })).sheet.nearestSize.label, '100 (M) or 104')
  assert.deepEqual(sheetOf(customer({ chest_girth: 1041 }, { chart: 'en-women', garment: 'dress' })).sheet.nearestSize.label, '104 (L)') // prettier-ignore
  assert.deepEqual(sheetOf(customer({ waist_girth: 881 }, { garment: 'trousers' })).sheet.nearestSize.label, '88')
  assert.equal(sheetOf(customer({ chest_girth: 1600 })).sheet.nearestSize.label, null)
})

test("a dress is compared with women's sizes and the others with men's, unless another chart is asked for", () => {
  const chartOf = (options: Record<string, string>) =>
    sheetOf(customer({ chest_girth: 1000, waist_girth: 850 }, options)).sheet.chart.id
  assert.deepEqual(
    ['shirt', 'trousers', 'dress'].map((garment) => chartOf({ garment })),
    ['en-men', 'en-men', 'en-women'],
  )
  assert.equal(chartOf({ garment: 'dress', chart: 'en-men' }), 'en-men')
})

test('a body is missing what every garment is sized by, and nothing when one can be cut', () => {
  assert.deepEqual(missingSizes(customer({ waist_girth: 850 })), [])
  assert.match(missingSizes(customer({ hip_girth: 900 })).join(), /sized by chest_girth.*sized by waist_girth/)
})

test('every girth from the least to the largest size of a chart belongs to one size, and letters have no gaps', () => {
  for (const chart of Object.values(charts)) {
    for (const series of [chart.chest, chart.waist]) {
      const { sizesCm } = series
      for (let mm = 10 * sizesCm[0]; mm <= 10 * sizesCm[sizesCm.length - 1]; mm += 1) {
        const found = nearestSize(series, mm, 10)!
        const best = Math.min(...sizesCm.map((size) => Math.abs(10 * size - mm)))
        assert.equal(Math.abs(found.offMm), best)
      }
    }
    const lettered = Object.values(chart.chest.letters).flat()
    assert.deepEqual(lettered, chart.chest.sizesCm.slice(0, lettered.length))
  }
  // as the standard has them: M is 94 to 102 cm for men, L 98 to 107 cm for women
  assert.equal(nearestSize(charts['en-men'].chest, 940, 5)!.letter, 'M')
  assert.equal(nearestSize(charts['en-men'].chest, 1019.9, 5)!.letter, 'M')
  assert.equal(nearestSize(charts['en-women'].chest, 1069.9, 5)!.letter, 'L')
  assert.equal(nearestSize(charts['en-women'].chest, 1070, 5)!.letter, 'XL')
})

test('a garment whose own measurement is missing is refused with the reason', () => {
  assert.throws(
    () => sizeSheet(customer({ chest_girth: 996 }, { garment: 'trousers' })),
    (error: unknown) =>
      error instanceof GeometryRefusal &&
      error.code === 'DESIGN_NOT_SUPPORTED' &&
      /sized by waist_girth, and it was not measured/.test(error.message),
  )
})

test('the size sheet of a real body is a product without a solid: sheets, a picture and a report', () => {
  const scan = measureScan(scanBytes('body/odedstein_human_neutral.obj'), { part: 'full_body' })
  const { report, product, files } = design(scan, forgeWear, 'size-sheet', { garment: 'trousers' })
  assert.equal(product, null)
  assert.deepEqual([report.solid, report.components, report.contact, report.failures], [false, 0, null, []])
  assert.deepEqual(Object.keys(files).sort(), ['preview.png', 'report.json', 'size-sheet.csv', 'size-sheet.json'])
  const sheet = JSON.parse(new TextDecoder().decode(files['size-sheet.json'])) as Sheet
  const hip = sheet.lines.find(({ measurement }) => measurement === 'hip_girth')!
  assert.ok(Math.abs(hip.bodyMm - scan.measurements.hip_girth.value) <= 0.05)
  assert.ok(sheet.nearestSize.label && sheet.absent.length === 0)
})
