import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interpolated } from '../../field/grid.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { measureScan } from '../../scan/scan.ts'
import { scanBytes } from '../../test-support/scans.ts'
import { cavityOf } from './cavity.ts'
import { fillOf } from './fill.ts'
import { plugParameters } from './parameters.ts'

const scan = measureScan(scanBytes('ear/cgtub_head_left_ear_crop.ply'), { part: 'ear' })
const defaults = Object.fromEntries(Object.entries(plugParameters).map(([name, { value }]) => [name, value]))
const input = { ...scan, curves: scan.curves ?? {}, parameters: defaults, choices: {}, progress: () => {} }
const filled = (offsetMm: number, pressMm: number) =>
  fillOf(cavityOf(input), { ...defaults, offsetMm, pressMm, recessMm: 1 })

test('an ear with undercuts is pressed as far as said wherever it is said to touch', () => {
  for (const [offsetMm, pressMm] of [
    [0.5, 0.8],
    [-0.5, 0.2],
    [1, 1.3],
  ]) {
    const fill = filled(offsetMm, pressMm)
    const skin = interpolated(fill.skin)
    const { positions } = surfaceOfSdf(fill.solid, fill.box, 0.5)
    const off: number[] = []
    for (let n = 0; n < positions.length; n += 3) {
      const [x, y, z] = positions.subarray(n, n + 3)
      if (fill.touches(x, y, z)) off.push(Math.abs(-skin(x, y, z) - offsetMm))
    }
    off.sort((a, b) => a - b)
    const share = (3 * off.length) / positions.length
    assert.ok(share > 0.15, `${offsetMm} of ${pressMm} mm: only ${share} of the surface touch`)
    const p95 = off[Math.floor(0.95 * off.length)]
    assert.ok(p95 < 0.1, `${offsetMm} of ${pressMm} mm: off by ${p95} mm`)
  }
})

test('a body that would press deeper than skin and material give way is refused, and why', () => {
  for (const [offsetMm, pressMm] of [
    [1, 1],
    [0.51, 0.8],
    [0.3, 0.5],
  ]) {
    assert.throws(
      () => filled(offsetMm, pressMm),
      (error: unknown) =>
        error instanceof GeometryRefusal &&
        error.code === 'DESIGN_NOT_SUPPORTED' &&
        error.message.includes(`give way by ${pressMm} mm while it is put in: ${(pressMm - 0.3).toFixed(2)} mm`),
    )
  }
})
