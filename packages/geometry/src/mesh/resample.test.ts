import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bvhOf } from './bvh.ts'
import { area, faceVectors, type Mesh, triangleCount, vertexNormals, volume } from './mesh.ts'
import { nearest } from './nearest.ts'
import { gaussian, seeded } from './random.ts'
import { decimate, remesh, samplePoints, subdivide } from './resample.ts'
import { icosphere, parametric, torus } from './shapes.ts'
import { smooth } from './smooth.ts'
import { boundaryLoops, edgesOf, genus, nonManifoldEdges } from './topology.ts'

const noisy = (mesh: Mesh, mm: number): Mesh => {
  const noise = gaussian(seeded(5))
  const normals = vertexNormals(mesh)
  const shift = Float64Array.from({ length: mesh.positions.length / 3 }, () => mm * noise())
  return { ...mesh, positions: mesh.positions.map((value, i) => value + shift[Math.floor(i / 3)] * normals[i]) }
}

const offTorus = (p: Float64Array, v: number, ring: number, pipe: number) =>
  Math.hypot(Math.hypot(p[v], p[v + 1]) - ring, p[v + 2]) - pipe

const rms = (values: Iterable<number>) => {
  const all = [...values]
  return Math.sqrt(all.reduce((sum, value) => sum + value * value, 0) / all.length)
}

test('a torus decimated to a tenth is the same torus within its own sag, still closed and with its hole', () => {
  const mesh = torus(50, 20, 160, 80)
  const less = decimate(mesh, 2560)
  assert.ok(triangleCount(less) <= 2560 && triangleCount(less) > 2500)
  assert.equal(genus(less), 1)
  assert.deepEqual(boundaryLoops(less), [])
  assert.deepEqual(nonManifoldEdges(edgesOf(less)), [])
  const bvh = bvhOf(less)
  const off = Array.from({ length: mesh.positions.length / 3 }, (_, v) => {
    const [x, y, z] = mesh.positions.subarray(3 * v, 3 * v + 3)
    return nearest(bvh, x, y, z).distance
  })
  assert.ok(rms(off) < 0.1 && Math.max(...off) < 0.5)
  assert.equal(decimate(mesh, 1e6), mesh)
})

test('an open border stays where it was when triangles go', () => {
  const less = decimate(
    parametric(60, 60, (u, v) => [50 * u, 50 * v, 3 * Math.sin(5 * u) * Math.cos(4 * v)]),
    600,
  )
  const loops = boundaryLoops(less)
  assert.equal(loops.length, 1)
  for (const h of loops[0]) {
    const [x, y] = less.positions.subarray(3 * less.triangles[h], 3 * less.triangles[h] + 2)
    assert.ok(Math.min(Math.abs(x), Math.abs(x - 50), Math.abs(y), Math.abs(y - 50)) < 1e-4)
  }
})

test('cut in four, every triangle still lies where it lay', () => {
  const mesh = noisy(icosphere(5, 4), 0.3)
  const fine = subdivide(mesh)
  assert.equal(triangleCount(fine), 4 * triangleCount(mesh))
  assert.ok(Math.abs(volume(fine) - volume(mesh)) < 1e-9)
  assert.ok(Math.abs(area(fine) - area(mesh)) < 1e-9)
  assert.deepEqual(boundaryLoops(fine), [])
})

test('remeshing gives other triangles of about the size asked for on the same surface', () => {
  const mesh = torus(30, 10, 300, 20) // needles across
  const even = remesh(mesh, 2)
  assert.equal(genus(even), 1)
  const bvh = bvhOf(mesh)
  const { vertices, count } = edgesOf(even)
  const lengths = Array.from({ length: count }, (_, e) => {
    const [a, b] = [3 * vertices[2 * e], 3 * vertices[2 * e + 1]]
    return Math.hypot(...[0, 1, 2].map((axis) => even.positions[a + axis] - even.positions[b + axis]))
  }).sort((p, q) => p - q)
  assert.ok(Math.abs(lengths[count >> 1] - 2) < 0.3)
  assert.ok(lengths[Math.floor(count * 0.05)] > 1 && lengths[Math.floor(count * 0.95)] < 3.4)
  for (let v = 0; v < even.positions.length; v += 3) {
    const [x, y, z] = even.positions.subarray(v, v + 3)
    assert.ok(nearest(bvh, x, y, z).distance < 0.1)
  }
})

test('points are thrown evenly, each on its triangle, and the same for the same seed', () => {
  const mesh = icosphere(10, 3)
  const { points, triangles } = samplePoints(mesh, 20000, seeded(4))
  assert.deepEqual(samplePoints(mesh, 20000, seeded(4)).points, points)
  const bvh = bvhOf(mesh)
  const share = new Float64Array(triangleCount(mesh))
  let up = 0
  for (const [i, t] of triangles.entries()) {
    share[t] += 1 / 20000
    if (points[3 * i + 2] > 0) up++
    assert.ok(nearest(bvh, points[3 * i], points[3 * i + 1], points[3 * i + 2]).distance < 1e-9)
  }
  const faces = faceVectors(mesh)
  for (const [t, found] of share.entries()) {
    const due = Math.hypot(...faces.subarray(3 * t, 3 * t + 3)) / 2 / area(mesh)
    assert.ok(Math.abs(found - due) < 5 * Math.sqrt(due / 20000)) // five standard deviations
  }
  assert.ok(Math.abs(up / 20000 - 0.5) < 0.02)
})

test('smoothing takes noise off a ball and keeps its volume; borders do not move', () => {
  const ball = icosphere(10, 30)
  const rough = noisy(ball, 0.1)
  const calm = smooth(rough, { rounds: 20 })
  const off = (mesh: Mesh) =>
    rms(
      Array.from(
        { length: mesh.positions.length / 3 },
        (_, v) => Math.hypot(...mesh.positions.subarray(3 * v, 3 * v + 3)) - 10,
      ),
    )
  assert.ok(off(rough) > 0.09 && off(calm) < 0.04)
  assert.ok(Math.abs(volume(calm) / volume(ball) - 1) < 0.002)

  const sheet = noisy(
    parametric(20, 20, (u, v) => [20 * u, 20 * v, 0]),
    0.2,
  )
  const border = new Set([...boundaryLoops(sheet)[0]].map((h) => sheet.triangles[h]))
  const fixed = smooth(sheet)
  const along = smooth(sheet, { border: 'along' })
  const kept = smooth(sheet, { border: 'along', fixed: (v) => v % 2 === 0 })
  for (let v = 0; v < 441; v++) {
    const same = (mesh: Mesh) => [0, 1, 2].every((k) => mesh.positions[3 * v + k] === sheet.positions[3 * v + k])
    if (border.has(v)) assert.ok(same(fixed) && !same(along))
    else assert.ok(!same(fixed))
    if (v % 2 === 0) assert.ok(same(kept))
  }
})

test('the surface of a torus that is thrown over is that of its triangles', () => {
  const mesh = torus(30, 10, 60, 30)
  const { points } = samplePoints(mesh, 500, seeded(2))
  for (let i = 0; i < points.length; i += 3) assert.ok(Math.abs(offTorus(points, i, 30, 10)) < 0.2)
})
