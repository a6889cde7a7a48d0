import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeightMap } from '../../mesh/height-map.ts'
import { readPinna } from './pinna.ts'

/** A plateau of the size of an ear, 10 mm high, whose edge falls away within 1 mm. */
function plateau(seen: (height: number, y: number) => boolean): HeightMap {
  const [cell, columns, rows, x0, y0] = [0.2, 301, 401, -30, -40]
  const heights = Float64Array.from({ length: columns * rows }, (_, i) => {
    const [x, y] = [x0 + (i % columns) * cell, y0 + Math.floor(i / columns) * cell]
    const out = Math.hypot(x, y) * (1 - 1 / Math.hypot(x / 20.5, y / 30))
    const height = 10 * Math.max(0, Math.min(1, 0.5 - out))
    return seen(height, y) ? height : NaN
  })
  return { x0, y0, cell, columns, rows, heights }
}

test('where a gap hides how the edge falls, the border is not known, and elsewhere it is', () => {
  const whole = readPinna(
    plateau(() => true),
    [0, 0],
    1,
  )
  assert.ok(Math.abs((whole.superaurale?.[1] ?? 0) - 30) < 0.2)
  const gap = readPinna(
    plateau((height, y) => y < 0 || height < 3 || height > 7),
    [0, 0],
    1,
  )
  assert.equal(gap.superaurale, null)
  assert.ok(Math.abs((gap.subaurale?.[1] ?? 0) + 30) < 0.2)
  assert.ok(gap.border.flat().every(Number.isFinite))
})
