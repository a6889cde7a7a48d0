import assert from 'node:assert/strict'
import { test } from 'node:test'

import { buildKdTree, nearestPoints, newNeighbours, pointsWithin } from './kd-tree.ts'
import { seeded } from './random.ts'

test('the nearest points are those that sorting all of them finds, among equals and clusters too', () => {
  const random = seeded(1)
  const points = Float64Array.from({ length: 3000 }, (_, i) =>
    i < 1500 ? Math.floor(6 * random()) : 6 * random() ** 3,
  )
  const tree = buildKdTree(points)
  for (let i = 0; i < 300; i++) {
    const [x, y, z] = [8 * random() - 1, 8 * random() - 1, 8 * random() - 1]
    const all = Float64Array.from(
      { length: 1000 },
      (_, p) => (points[3 * p] - x) ** 2 + (points[3 * p + 1] - y) ** 2 + (points[3 * p + 2] - z) ** 2,
    )
    const truth = all.toSorted()
    const found = nearestPoints(tree, x, y, z, newNeighbours(20))
    assert.deepEqual([...found.squared], [...truth.subarray(0, 20)])
    for (const [k, p] of found.points.entries()) assert.equal(all[p], found.squared[k])
    assert.equal(new Set(found.points).size, 20)
    const near = nearestPoints(tree, x, y, z, newNeighbours(1000), 1.5)
    assert.equal(near.count, truth.filter((d) => d <= 2.25).length)
    const within = pointsWithin(tree, x, y, z, 1.5, newNeighbours(1000))
    assert.deepEqual(within.squared.slice(0, within.count).sort(), near.squared.slice(0, near.count))
  }
  const same = buildKdTree(new Float64Array(3000).fill(7))
  assert.equal(nearestPoints(same, 0, 0, 0, newNeighbours(1200)).count, 1000)
  assert.equal(nearestPoints(buildKdTree(new Float64Array()), 0, 0, 0, newNeighbours(3)).count, 0)
})
