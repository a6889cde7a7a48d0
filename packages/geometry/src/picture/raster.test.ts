import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../mesh/random.ts'
import { emptyLayer, type Layer, rasterisePoints, rasteriseTriangles } from './raster.ts'

const rows = ({ width, height, id }: Layer) =>
  Array.from({ length: height }, (_, y) => Array.from(id.subarray(y * width, (y + 1) * width)).join(''))

test('a triangle covers the samples whose middles lie in it, and no others', () => {
  const layer = emptyLayer(8, 6)
  // legs along x = 1 and y = 1, from (1, 1) to (6, 1) and (1, 6): the slope runs through middles, and does not own them
  rasteriseTriangles(layer, Float64Array.of(1, 1, 0, 6, 1, 0, 1, 6, 0), Uint32Array.of(0, 1, 2), 1)
  assert.deepEqual(rows(layer), ['00000000', '01111000', '01110000', '01100000', '01000000', '00000000'])
})

test('the same triangle with its corners the other way round covers the same', () => {
  const flat = Float64Array.of(1.3, 0.2, 0, 7.1, 2.9, 0, 2.2, 5.8, 0)
  const one = emptyLayer(8, 6)
  const other = emptyLayer(8, 6)
  rasteriseTriangles(one, flat, Uint32Array.of(0, 1, 2), 1)
  rasteriseTriangles(other, flat, Uint32Array.of(2, 1, 0), 1)
  assert.deepEqual(rows(one), rows(other))
  assert.ok(one.id.includes(1))
})

test('the nearer hides the farther, in whichever order they come; where they pass through each other, by the sample', () => {
  // one level, one that rises towards the eye from left to right
  const flat = Float64Array.of(0, 0, 5, 20, 0, 5, 0, 20, 5, 0, 0, 0, 20, 0, 10, 0, 20, 0)
  for (const order of [
    [0, 1, 2, 3, 4, 5],
    [3, 4, 5, 0, 1, 2],
  ]) {
    const layer = emptyLayer(10, 4)
    rasteriseTriangles(layer, flat, Uint32Array.from(order), 1)
    const level = order[0] === 0 ? 1 : 2
    assert.deepEqual(rows(layer), Array(4).fill(`${level}`.repeat(10)))
    assert.ok(layer.nearness.every((n) => Math.abs(n - 5) < 1e-6))
  }
  const layer = emptyLayer(16, 1)
  rasteriseTriangles(layer, flat, Uint32Array.of(0, 1, 2, 3, 4, 5), 1)
  assert.deepEqual(rows(layer), ['1111111111222222'])
})

test('of triangles that meet, each sample belongs to exactly one: no gap, and nothing drawn twice', () => {
  const random = seeded(5)
  // a grid of 12x12 fields, its inner corners moved at random, some exactly onto middles of samples
  const side = 13
  const flat = new Float64Array(side * side * 3)
  for (let i = 0; i < side * side; i++) {
    const [column, row] = [i % side, Math.floor(i / side)]
    const inner = column > 0 && row > 0 && column < side - 1 && row < side - 1
    const shift = () => (inner ? Math.round(random() * 6 - 3) / (random() < 0.5 ? 2 : 2.7) : 0)
    flat[3 * i] = column * 8 + shift()
    flat[3 * i + 1] = row * 8 + shift()
  }
  const triangles: number[] = []
  for (let row = 0; row < side - 1; row++) {
    for (let column = 0; column < side - 1; column++) {
      const a = row * side + column
      triangles.push(a, a + 1, a + side, a + 1, a + side + 1, a + side)
    }
  }
  const front = emptyLayer(96, 96)
  const behind = emptyLayer(96, 96)
  const nothing = emptyLayer(96, 96)
  rasteriseTriangles(front, flat, Uint32Array.from(triangles), 1, behind, nothing)
  assert.equal(front.id.indexOf(0), -1)
  assert.ok(behind.id.every((id) => id === 0))
})

test('of three translucent sheets the two nearest are kept in order, and what a solid hides is left out', () => {
  const sheet = (near: number) => [0, 0, near, 40, 0, near, 0, 40, near]
  const flat = Float64Array.from([...sheet(1), ...sheet(3), ...sheet(2), ...sheet(4)])
  const triangles = Uint32Array.from({ length: 12 }, (_, i) => i)
  const front = emptyLayer(4, 4)
  const behind = emptyLayer(4, 4)
  rasteriseTriangles(front, flat, triangles, 1, behind, emptyLayer(4, 4))
  assert.deepEqual([front.id[5], behind.id[5]], [4, 2])
  const solid = emptyLayer(4, 4)
  rasteriseTriangles(solid, Float64Array.from(sheet(3.5)), Uint32Array.of(0, 1, 2), 9)
  const seen = emptyLayer(4, 4)
  const second = emptyLayer(4, 4)
  rasteriseTriangles(seen, flat, triangles, 1, second, solid)
  assert.deepEqual([seen.id[5], second.id[5]], [4, 0])
})

test('corners that are nowhere, behind the eye, or far outside do no harm', () => {
  const flat = Float64Array.of(Number.NaN, 0, 0, 1e9, 4, 0, -1e9, 4, 0, 4, 1e9, 0, 2, 2, Number.NaN, Infinity, 0, 0)
  const layer = emptyLayer(8, 8)
  rasteriseTriangles(layer, flat, Uint32Array.of(0, 1, 2, 1, 2, 4, 1, 2, 5), 7)
  assert.ok(layer.id.every((id) => id === 0))
  rasteriseTriangles(layer, flat, Uint32Array.of(1, 2, 3), 7)
  assert.deepEqual(rows(layer).slice(3), ['00000000', ...Array(4).fill('77777777')])
})

test('a point is a round disc, and of two that overlap each keeps its own half', () => {
  const layer = emptyLayer(20, 10)
  rasterisePoints(layer, Float64Array.of(6, 5, 0, 12, 5, 0), 1, 4, 1)
  for (let k = 0; k < 200; k++) {
    const [x, y] = [(k % 20) + 0.5, Math.floor(k / 20) + 0.5]
    const [one, two] = [Math.hypot(x - 6, y - 5), Math.hypot(x - 12, y - 5)]
    const expected = Math.min(one, two) > 4 ? 0 : one < two ? 1 : 2
    if (Math.abs(one - two) > 1e-9) assert.equal(layer.id[k], expected, `${x} ${y}`)
  }
})
