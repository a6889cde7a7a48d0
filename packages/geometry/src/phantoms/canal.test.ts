import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bvhOf } from '../mesh/bvh.ts'
import { triangleCount, vertex, vertexCount } from '../mesh/mesh.ts'
import { sectionShape } from '../mesh/outline.ts'
import { polylineLength } from '../mesh/polyline.ts'
import { section } from '../mesh/section.ts'
import { boundaryLoops, componentsOf, nonManifoldEdges, edgesOf } from '../mesh/topology.ts'
import { between, distance, dot, subtract, unit } from '../mesh/vector.ts'
import { noisy, shuffled, torn } from './canal-damage.ts'
import { randomCanal } from './canal-random.ts'
import { canalPhantom } from './canal.ts'

test('a canal phantom is one manifold surface with a border for each open end', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const shape = { ...randomCanal(seed), points: 4000 }
    const { mesh } = canalPhantom(shape)
    assert.equal(componentsOf(mesh).count, 1)
    assert.equal(nonManifoldEdges(edgesOf(mesh)).length, 0)
    assert.equal(boundaryLoops(mesh).length, shape.end === 'open' ? 2 : 1)
    assert.ok(Math.abs(vertexCount(mesh) - 4000) < 400, `${vertexCount(mesh)} vertices`)
  }
})

test('sections of a phantom have the areas, axes and middles that its truth states', () => {
  for (const seed of [1, 2, 3, 5]) {
    const { mesh, truth } = canalPhantom({ ...randomCanal(seed), points: 60000 })
    const bvh = bvhOf(mesh)
    const line = truth.centreLine
    for (const bend of truth.bends) {
      const at = (bend.distance / truth.length) * (line.length - 1)
      const i = Math.floor(at)
      const point = between(line[i], line[i + 1], at - i)
      const plane = { point, normal: unit(subtract(line[i + 1], line[i])) }
      const cut = section(mesh, plane, { bvh }).find(({ closed, points }) => {
        return closed && distance([points[0], points[1], points[2]], point) < bend.major
      })!
      const shape = sectionShape(cut, plane)
      assert.ok(Math.abs(Math.abs(shape.area) - bend.area) < 0.004 * bend.area, `${shape.area}, true ${bend.area}`)
      assert.ok(Math.abs(shape.major - bend.major) < 0.03)
      assert.ok(Math.abs(shape.minor - bend.minor) < 0.03)
      assert.ok(distance(shape.centroid, point) < 0.02)
      assert.ok(Math.abs(polylineLength(cut) - bend.perimeter) < 0.03)
    }
  }
})

test('the centre line of the truth is as long as the truth says, and bends by its angles', () => {
  const { truth } = canalPhantom({
    path: [{ straight: 6 }, { bendDeg: 30, length: 5, planeDeg: 40 }, { straight: 5 }],
    keys: [{ s: 0, axes: [9, 8] }],
    mouth: { kind: 'plate', radius: 12 },
    end: 'round',
    points: 1000,
  })
  const length = polylineLength({ points: Float64Array.from(truth.centreLine.flat()), closed: false })
  assert.ok(Math.abs(length - truth.length) < 0.005, `${length}, ${truth.length}`)
  assert.equal(truth.length, 6 + 5 + 5 + 4.25)
  const [a, b] = [
    subtract(truth.centreLine[1], truth.centreLine[0]),
    subtract(truth.centreLine.at(-1)!, truth.centreLine.at(-2)!),
  ]
  const turned = (Math.acos(dot(a, b) / (Math.hypot(...a) * Math.hypot(...b))) * 180) / Math.PI
  assert.ok(Math.abs(turned - 30) < 1e-6)
  assert.equal(truth.bends[0].distance, 8.5)
})

test('triangles of a lumen face the centre line, those of an impression face away', () => {
  for (const faces of ['lumen', 'impression'] as const) {
    const { mesh } = canalPhantom({ path: [{ straight: 10 }], keys: [{ s: 0, axes: [8, 8] }], faces, points: 1000 })
    for (let t = 0; t < triangleCount(mesh); t += 37) {
      const [a, b, c] = [0, 1, 2].map((k) => vertex(mesh, mesh.triangles[3 * t + k]))
      const [u, v] = [subtract(b, a), subtract(c, a)]
      const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2]]
      assert.equal(Math.sign(normal[0] * a[0] + normal[1] * a[1]), faces === 'lumen' ? -1 : 1)
    }
  }
})

test('damage is the same for the same seed, and as strong as it says', () => {
  const { mesh } = canalPhantom({ ...randomCanal(5), points: 5000 })
  const rough = noisy(mesh, 0.1, 3)
  assert.deepEqual(rough.positions, noisy(mesh, 0.1, 3).positions)
  let square = 0
  for (let i = 0; i < mesh.positions.length; i++) square += (rough.positions[i] - mesh.positions[i]) ** 2
  assert.ok(Math.abs(Math.sqrt(square / mesh.positions.length) - 0.1) < 0.003)
  assert.ok(boundaryLoops(torn(mesh, 5, 2, 1)).length > boundaryLoops(mesh).length + 2)
  const other = shuffled(mesh, 1)
  assert.equal(componentsOf(other).count, 1)
  assert.ok(Math.abs(componentsOf(other).areas[0] - componentsOf(mesh).areas[0]) < 1e-6)
})

test('an oblique mouth without a straight piece behind it is refused', () => {
  const shape = { path: [{ bendDeg: 20, length: 5 }], keys: [{ s: 0, axes: [8, 8] as const }] }
  assert.throws(() => canalPhantom({ ...shape, mouth: { kind: 'plate', radius: 12, obliqueDeg: 10 } }), RangeError)
})
