import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Mesh } from './mesh.ts'
import { seeded } from './random.ts'
import { box, icosphere, parametric, torus } from './shapes.ts'
import {
  boundaryLoops,
  componentsOf,
  cornersOf,
  edgeOfHalves,
  edgesOf,
  eulerCharacteristic,
  fansOf,
  genus,
  neighboursOf,
  nextHalf,
  nonManifoldEdges,
  nonManifoldVertices,
  opposites,
} from './topology.ts'

const flat = (across: number, along: number) => parametric(across, along, (u, v) => [u * across, v * along, 0])

const joined = (...meshes: Mesh[]): Mesh => {
  const triangles: number[] = []
  const positions: number[] = []
  for (const mesh of meshes) {
    const first = positions.length / 3
    for (const v of mesh.triangles) triangles.push(v + first)
    positions.push(...mesh.positions)
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}

test('every edge knows its triangles, as counting over all pairs of corners finds them', () => {
  const mesh = torus(10, 3, 12, 9)
  const edges = edgesOf(mesh)
  const named = new Map<string, number[]>()
  for (let h = 0; h < mesh.triangles.length; h++) {
    const name = [mesh.triangles[h], mesh.triangles[nextHalf(h)]].sort((a, b) => a - b).join()
    named.set(name, [...(named.get(name) ?? []), h])
  }
  assert.equal(edges.count, named.size)
  const of = edgeOfHalves(edges)
  for (let e = 0; e < edges.count; e++) {
    const halves = named.get(`${edges.vertices[2 * e]},${edges.vertices[2 * e + 1]}`)!
    assert.deepEqual(
      [...edges.halves.subarray(edges.from[e], edges.from[e + 1])].sort((a, b) => a - b),
      halves,
    )
    for (const h of halves) assert.equal(of[h], e)
  }
})

test('a sphere, a torus, a box and a disc have their genus, characteristic and borders', () => {
  assert.equal(eulerCharacteristic(icosphere(5, 6)), 2)
  assert.equal(genus(icosphere(5, 6)), 0)
  assert.equal(genus(torus(10, 3)), 1)
  assert.equal(genus(joined(torus(10, 3), torus(4, 1), icosphere(1, 2))), 2)
  assert.equal(genus(box([0, 0, 0], [1, 2, 3])), 0)
  assert.equal(eulerCharacteristic(flat(4, 3)), 1)
  assert.equal(genus(flat(4, 3)), 0)
  assert.deepEqual(boundaryLoops(torus(10, 3)), [])
  const loops = boundaryLoops(flat(4, 3))
  assert.equal(loops.length, 1)
  assert.equal(loops[0].length, 14)
})

test('a border runs with the surface to its left, each half-edge starting where the last one ended', () => {
  const mesh = flat(5, 4)
  const [loop] = boundaryLoops(mesh)
  let twice = 0
  for (let i = 0; i < loop.length; i++) {
    const a = mesh.triangles[loop[i]]
    const b = mesh.triangles[nextHalf(loop[i])]
    assert.equal(mesh.triangles[loop[(i + 1) % loop.length]], b)
    twice += mesh.positions[3 * a] * mesh.positions[3 * b + 1] - mesh.positions[3 * b] * mesh.positions[3 * a + 1]
  }
  assert.equal(twice / 2, 20)
})

test('a border goes past a vertex where two holes touch along the fan, and passes it twice', () => {
  const all = flat(6, 6)
  // cells (1,1) and (2,2) share one vertex alone
  const gone = new Set([7, 14].flatMap((cell) => [2 * cell, 2 * cell + 1]))
  const triangles = all.triangles.filter((_, i) => !gone.has(Math.floor(i / 3)))
  const mesh = { ...all, triangles }
  const sizes = boundaryLoops(mesh).map((loop) => loop.length)
  assert.equal(genus(mesh), 0)
  assert.deepEqual(
    sizes.sort((a, b) => a - b),
    [8, 24],
  )
})

test('borders close in a mesh whose triangles are turned at random, repeated, and degenerate', () => {
  const random = seeded(3)
  const mesh = flat(12, 9)
  const triangles = mesh.triangles.slice()
  for (let t = 0; t < triangles.length; t += 3) {
    if (random() < 0.4) [triangles[t + 1], triangles[t + 2]] = [triangles[t + 2], triangles[t + 1]]
    if (random() < 0.1) triangles[t + 1] = triangles[t]
    if (random() < 0.1) triangles[t + 2] = Math.floor(random() * 130)
  }
  const mad = { ...mesh, triangles }
  const opposite = opposites(mad)
  for (let h = 0; h < opposite.length; h++) if (opposite[h] >= 0) assert.equal(opposite[opposite[h]], h)
  const border = opposite.reduce((sum, h) => sum + (h < 0 ? 1 : 0), 0)
  assert.equal(
    boundaryLoops(mad, opposite).reduce((sum, loop) => sum + loop.length, 0),
    border,
  )
})

test('a page added to a book spine is a non-manifold edge; two cones at one tip are a non-manifold vertex', () => {
  const book: Mesh = {
    positions: Float64Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, -1, 0, 0, 0, 1, 0),
    triangles: Uint32Array.of(0, 1, 2, 1, 0, 3, 0, 1, 4),
  }
  const edges = edgesOf(book)
  assert.deepEqual(
    nonManifoldEdges(edges).map((e) => [...edges.vertices.subarray(2 * e, 2 * e + 2)]),
    [[0, 1]],
  )
  assert.deepEqual(nonManifoldEdges(edgesOf(torus(5, 1))), [])
  const cones: Mesh = {
    positions: Float64Array.of(0, 0, 0, 1, 0, 1, 0, 1, 1, -1, -1, 1, 1, 0, -1, 0, 1, -1, -1, -1, -1),
    triangles: Uint32Array.of(0, 1, 2, 0, 2, 3, 0, 3, 1, 0, 5, 4, 0, 6, 5, 0, 4, 6),
  }
  assert.deepEqual(nonManifoldVertices(cones), [0])
  assert.deepEqual(nonManifoldVertices(torus(5, 1)), [])
  assert.equal(new Set(fansOf(cones)).size, 8)
})

test('pieces are told apart and sorted by area', () => {
  const pieces = componentsOf(joined(icosphere(1, 4), box([9, 9, 9], [19, 19, 19]), icosphere(3, 8)))
  assert.equal(pieces.count, 3)
  assert.deepEqual([pieces.of[0], pieces.of[320], pieces.of.at(-1)], [2, 0, 1])
  assert.equal(pieces.areas[0], 600)
  assert.ok(Math.abs(pieces.areas[2] - 4 * Math.PI) < 0.3)
})

test('the ring round a vertex of a regular torus has six neighbours and six corners', () => {
  const mesh = torus(10, 3, 16, 12)
  const ring = neighboursOf(mesh)
  const corners = cornersOf(mesh)
  for (let v = 0; v < 16 * 12; v++) {
    assert.equal(ring.from[v + 1] - ring.from[v], 6)
    assert.equal(new Set(ring.items.subarray(ring.from[v], ring.from[v + 1])).size, 6)
    for (let i = corners.from[v]; i < corners.from[v + 1]; i++) assert.equal(mesh.triangles[corners.items[i]], v)
    assert.equal(corners.from[v + 1] - corners.from[v], 6)
  }
})

test('an edge at which very many triangles meet is paired up like any other', () => {
  const many = 150_000
  const triangles = Uint32Array.from({ length: 3 * many }, (_, i) => (i % 3 === 2 ? 2 + (i - 2) / 3 : i % 3))
  const opposite = opposites({ positions: new Float64Array(3 * (many + 2)), triangles })
  for (let h = 0; h < opposite.length; h += 3) assert.equal(opposite[opposite[h]], h)
})
