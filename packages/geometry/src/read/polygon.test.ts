import assert from 'node:assert/strict'
import { test } from 'node:test'
import { area } from '../mesh/mesh.ts'
import { noFans, rememberFan, unfoldFans } from './polygon.ts'

/** Flat corners in a tilted plane, cut into a fan, then looked at. */
function cut(corners: readonly (readonly [number, number])[]) {
  const positions = Float64Array.from(corners.flatMap(([x, y]) => [x, y, x - 2 * y]))
  const triangles = Array.from({ length: corners.length - 2 }, (_, i) => [0, i + 1, i + 2]).flat()
  const mesh = { positions, triangles: Uint32Array.from(triangles) }
  const fans = noFans()
  rememberFan(fans, 0, corners.length)
  const folded = unfoldFans(mesh.positions, mesh.triangles, fans)
  return { mesh, folded, tilted: area(mesh) / Math.sqrt(6) }
}

test('an arrow head and a comb are cut into ears, so that their area is that of the polygon', () => {
  const arrow = cut([
    [0, 0],
    [-2, 2],
    [0, -3],
    [2, 2],
  ])
  assert.equal(arrow.folded, 0)
  assert.ok(Math.abs(arrow.tilted - 6) < 1e-12)

  const teeth = 6
  const comb: [number, number][] = [[2 * teeth, 0]]
  for (let i = 2 * teeth; i >= 0; i--) comb.push([i, i % 2 === 0 ? 1 : 5])
  comb.push([0, 0])
  const { folded, tilted, mesh } = cut(comb)
  assert.equal(folded, 0)
  assert.ok(Math.abs(tilted - (2 * teeth + 4 * teeth)) < 1e-12)
  assert.equal(mesh.triangles.length, 3 * (comb.length - 2))
})

test('a convex polygon keeps its fan', () => {
  const corners = Array.from({ length: 9 }, (_, i): [number, number] => [
    Math.cos((i * 2 * Math.PI) / 9),
    Math.sin((i * 2 * Math.PI) / 9),
  ])
  const { mesh, folded } = cut(corners)
  assert.equal(folded, 0)
  assert.deepEqual([...mesh.triangles.subarray(0, 6)], [0, 1, 2, 0, 2, 3])
})

test('what crosses itself, or has no area, stays a fan and ends', () => {
  assert.equal(
    cut([
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
      [0.5, 3],
    ]).mesh.triangles.length,
    9,
  )
  assert.equal(cut(Array.from({ length: 40 }, (): [number, number] => [0, 0])).folded, 0)
  const star = Array.from({ length: 80 }, (_, i): [number, number] => {
    const r = i % 2 === 0 ? 1 : 5
    return [r * Math.cos((i * Math.PI) / 40), r * Math.sin((i * Math.PI) / 40)]
  })
  assert.ok(cut(star).folded <= 1)
})
