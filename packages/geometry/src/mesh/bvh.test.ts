import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bvhOf, maxDepth } from './bvh.ts'
import type { Mesh } from './mesh.ts'
import { nearest, newNearest, newSignedNearest, signedDistance } from './nearest.ts'
import { seeded } from './random.ts'
import { castRay, castRayAll } from './ray.ts'
import { box, icosphere, parametric, torus } from './shapes.ts'
import { cross, distance, dot, step, subtract, unit, type Vec3 } from './vector.ts'

const at = (mesh: Mesh, v: number): Vec3 => [
  mesh.positions[3 * v],
  mesh.positions[3 * v + 1],
  mesh.positions[3 * v + 2],
]
const corners = (mesh: Mesh, t: number) =>
  [at(mesh, mesh.triangles[3 * t]), at(mesh, mesh.triangles[3 * t + 1]), at(mesh, mesh.triangles[3 * t + 2])] as const

/** Triangles of every size thrown into a box, needles and points among them. */
function soup(count: number, seed: number): Mesh {
  const random = seeded(seed)
  const positions = new Float64Array(9 * count)
  for (let t = 0; t < count; t++) {
    const size = 30 * random() ** 3
    const middle = [100 * random(), 50 * random(), 20 * random()]
    for (let k = 0; k < 9; k++) positions[9 * t + k] = middle[k % 3] + size * (random() - 0.5)
    if (t % 50 === 0) positions.copyWithin(9 * t + 3, 9 * t, 9 * t + 3)
    if (t % 97 === 0) positions.copyWithin(9 * t + 6, 9 * t + 3, 9 * t + 6)
  }
  return { positions, triangles: Uint32Array.from({ length: 3 * count }, (_, i) => i) }
}

const randomPoint = (random: () => number): Vec3 => [140 * random() - 20, 90 * random() - 20, 60 * random() - 20]

/** Distance to a segment or triangle by alternating steps would be slow: by all its features instead. */
function plainDistance(p: Vec3, [a, b, c]: readonly [Vec3, Vec3, Vec3]): number {
  const n = cross(subtract(b, a), subtract(c, a))
  const sides = [
    [a, b],
    [b, c],
    [c, a],
  ]
  if (dot(n, n) > 0 && sides.every(([u, v]) => dot(cross(n, subtract(v, u)), subtract(p, u)) >= 0)) {
    return Math.abs(dot(unit(n), subtract(p, a)))
  }
  return Math.min(
    ...sides.map(([u, v]) => {
      const d = subtract(v, u)
      const share = dot(d, d) > 0 ? Math.min(1, Math.max(0, dot(subtract(p, u), d) / dot(d, d))) : 0
      return distance(p, step(u, d, share))
    }),
  )
}

test('the nearest point is the one that asking every triangle finds, needles and points included', () => {
  const mesh = soup(700, 1)
  const bvh = bvhOf(mesh)
  const random = seeded(2)
  const out = newNearest()
  for (let i = 0; i < 1500; i++) {
    const p = randomPoint(random)
    nearest(bvh, ...p, Infinity, out)
    let best = Infinity
    for (let t = 0; t < 700; t++) best = Math.min(best, plainDistance(p, corners(mesh, t)))
    assert.ok(Math.abs(out.distance - best) < 1e-9, `${out.distance} ${best}`)
    assert.ok(Math.abs(distance(p, [out.x, out.y, out.z]) - out.distance) < 1e-9)
    const [a, b, c] = corners(mesh, out.triangle)
    for (let k = 0; k < 3; k++) {
      assert.ok(Math.abs(out.a * a[k] + out.b * b[k] + out.c * c[k] - [out.x, out.y, out.z][k]) < 1e-9)
    }
    assert.ok(Math.min(out.a, out.b, out.c) >= 0)
    assert.equal(nearest(bvh, ...p, best * 0.999).triangle, -1)
    assert.ok(Math.abs(nearest(bvh, ...p, best * 1.001).distance - best) < 1e-9)
  }
})

test('far from the origin the tree loses nothing to its single precision', () => {
  const near = torus(10, 3, 40, 20)
  const far: Mesh = { ...near, positions: near.positions.map((value, i) => value + [1e6, -3e6, 2e5][i % 3]) }
  const [one, other] = [bvhOf(near), bvhOf(far)]
  const random = seeded(5)
  for (let i = 0; i < 300; i++) {
    const [x, y, z] = [30 * random() - 15, 30 * random() - 15, 10 * random() - 5]
    const there = nearest(other, x + 1e6, y - 3e6, z + 2e5)
    assert.ok(Math.abs(nearest(one, x, y, z).distance - there.distance) < 1e-8)
  }
})

test('a tree holds every triangle once, and stays shallow however odd the mesh', () => {
  const doubling = Float64Array.from({ length: 9 * 300 }, (_, i) => 2 ** Math.floor(i / 9) * (1 + (i % 9) / 9))
  const triangles = Uint32Array.from({ length: 900 }, (_, i) => i)
  const same = { positions: new Float64Array(900 * 3).fill(4), triangles }
  for (const mesh of [{ positions: doubling, triangles }, same, soup(500, 9), torus(9, 2)]) {
    const { start, size, order } = bvhOf(mesh)
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      [...order.keys()],
    )
    let leaves = 0
    let deepest = 0
    const visit = (node: number, depth: number) => {
      deepest = Math.max(deepest, depth)
      leaves += size[node]
      if (size[node] === 0) for (const child of [start[node], start[node] + 1]) visit(child, depth + 1)
    }
    visit(0, 0)
    assert.equal(leaves, order.length)
    assert.ok(deepest <= maxDepth)
  }
  assert.equal(nearest(bvhOf({ positions: new Float64Array(), triangles: new Uint32Array() }), 0, 0, 0).triangle, -1)
})

test('the signed distance to a sphere is that of the sphere, on both sides', () => {
  const bvh = bvhOf(icosphere(10, 24))
  const random = seeded(7)
  const out = newSignedNearest()
  for (let i = 0; i < 2000; i++) {
    const p: Vec3 = [30 * random() - 15, 30 * random() - 15, 30 * random() - 15]
    signedDistance(bvh, ...p, Infinity, out)
    assert.ok(Math.abs(out.signed - (Math.hypot(...p) - 10)) < 0.02)
    assert.equal(out.onBorder, false)
  }
})

test('at the edges and corners of a box, where one face alone would guess wrong, the sign is right', () => {
  const bvh = bvhOf(box([-1, -2, -3], [1, 2, 3]))
  const random = seeded(11)
  for (let i = 0; i < 4000; i++) {
    const p: Vec3 = [4 * random() - 2, 6 * random() - 3, 8 * random() - 4]
    const q = [Math.abs(p[0]) - 1, Math.abs(p[1]) - 2, Math.abs(p[2]) - 3]
    const outside = Math.hypot(...q.map((value) => Math.max(0, value)))
    const truth = outside > 0 ? outside : Math.max(...q)
    assert.ok(Math.abs(signedDistance(bvh, ...p).signed - truth) < 1e-12)
  }
})

test('a point beside an open sheet is told from one above it', () => {
  const bvh = bvhOf(parametric(4, 4, (u, v) => [u, v, 0]))
  assert.deepEqual(
    [signedDistance(bvh, 0.4, 0.3, 2), signedDistance(bvh, 0.4, 0.3, -2), signedDistance(bvh, 1.5, 0.3, 0.1)].map(
      ({ signed, onBorder }) => [Math.round(signed * 100) / 100, onBorder],
    ),
    [
      [2, false],
      [-2, false],
      [0.51, true],
    ],
  )
  assert.equal(signedDistance(bvh, 0.4, 0.3, 2, 1).signed, Infinity)
})

/** Möller & Trumbore 1997, over every triangle. */
function plainHits(mesh: Mesh, origin: Vec3, direction: Vec3) {
  const hits: { t: number; triangle: number }[] = []
  for (let triangle = 0; triangle < mesh.triangles.length / 3; triangle++) {
    const [a, b, c] = corners(mesh, triangle)
    const u = subtract(b, a)
    const v = subtract(c, a)
    const p = cross(direction, v)
    const det = dot(u, p)
    if (det === 0) continue
    const s = subtract(origin, a)
    const q = cross(s, u)
    const [beta, gamma, t] = [dot(s, p) / det, dot(direction, q) / det, dot(v, q) / det]
    if (beta >= 0 && gamma >= 0 && beta + gamma <= 1 && t >= 0) hits.push({ t, triangle })
  }
  return hits.sort((p, q) => p.t - q.t)
}

test('rays meet what Möller and Trumbore meet when every triangle is asked', () => {
  const mesh = soup(700, 21)
  const bvh = bvhOf(mesh)
  const random = seeded(22)
  let met = 0
  for (let i = 0; i < 1500; i++) {
    const origin = randomPoint(random)
    const direction = subtract(randomPoint(random), origin)
    const truth = plainHits(mesh, origin, direction)
    const hits = castRayAll(bvh, origin, direction)
    assert.deepEqual(
      hits.map((hit) => hit.triangle),
      truth.map((hit) => hit.triangle),
    )
    for (const [k, hit] of hits.entries()) assert.ok(Math.abs(hit.t - truth[k].t) < 1e-9)
    const first = castRay(bvh, origin, direction)
    assert.deepEqual(first, hits[0] ?? null)
    met += hits.length
    if (hits.length < 2) continue
    const past = { min: (hits[0].t + hits[1].t) / 2 }
    assert.deepEqual(castRay(bvh, origin, direction, past), hits[1])
    assert.deepEqual(castRay(bvh, origin, direction, { skip: hits[0].triangle }), hits[1])
    assert.deepEqual(castRayAll(bvh, origin, direction, { max: past.min }), [hits[0]])
  }
  assert.ok(met > 1000)
})

test('no ray slips through an edge or a vertex of a closed surface', () => {
  const mesh = icosphere(10, 9)
  const bvh = bvhOf(mesh)
  for (let v = 0; v < mesh.positions.length / 3; v++) {
    assert.ok(castRay(bvh, [0, 0, 0], at(mesh, v)), `vertex ${v}`)
  }
  for (let h = 0; h < mesh.triangles.length; h++) {
    const [a, b] = [at(mesh, mesh.triangles[h]), at(mesh, mesh.triangles[h % 3 === 2 ? h - 2 : h + 1])]
    assert.ok(castRay(bvh, [0.1, 0.2, -0.3], subtract(step(a, subtract(b, a), 0.37), [0.1, 0.2, -0.3])), `side ${h}`)
  }
  // along the axes, exactly through the planes in which boxes end
  const cube = bvhOf(box([0, 0, 0], [2, 2, 2]))
  for (const x of [0, 1, 2]) assert.equal(castRay(cube, [x, 1, -5], [0, 0, 1])?.t, 5)
  assert.throws(() => castRay(cube, [0, 0, 0], [0, 0, 0]), RangeError)
})
