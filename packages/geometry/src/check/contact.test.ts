import assert from 'node:assert/strict'
import { test } from 'node:test'
import { intersect, roundIntersect, union } from '../field/combine.ts'
import { capsule, cylinder, halfSpace, type Sdf, sphere } from '../field/shapes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { type Mesh, submesh, turned } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import { icosphere, parametric, torus } from '../mesh/shapes.ts'
import { dot, type Vec3 } from '../mesh/vector.ts'
import { contactOf } from './contact.ts'
import { insertionOf } from './insertion.ts'
import { nearest, nearestOnBorder, nearestPoint, signedDistance, surfaceFrom } from './nearest.ts'
import { castRay, windingAt } from './rays.ts'
import { evenSamples } from './samples.ts'
import { asWritten } from './written.ts'

const space = { min: [-12.5, -12.5, -17] as Vec3, max: [12.5, 12.5, 10] as Vec3 }
const made = (sdf: Sdf, cell = 0.3) => surfaceFrom(asWritten(surfaceOfSdf(sdf, space, cell)).mesh)

/** A round hole in a body, as a scan shows it: its wall, looking into the hole, with a rounded ground. */
function hole(radius: number, deep: number): Mesh {
  const ball = parametric(96, 60, (u, v) => {
    const turn = 2 * Math.PI * u
    const s = v * (deep + (Math.PI / 2) * radius)
    const [r, z] = s < deep ? [radius, -s] : [radius * Math.cos((s - deep) / radius), -deep - radius * Math.sin((s - deep) / radius)]
    return [r * Math.cos(turn), r * Math.sin(turn), z]
  }, { u: true }) // prettier-ignore
  return ball
}

/** The point of triangle a, b, c nearest to p by trying the plane, the sides and the corners: slow and plain. */
function plainDistance({ positions: v, triangles }: Mesh, p: Vec3): number {
  let least = Infinity
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k): Vec3 => [
      v[3 * triangles[t + k]],
      v[3 * triangles[t + k] + 1],
      v[3 * triangles[t + k] + 2],
    ])
    // a fine walk over the triangle's own coordinates, then Newton-free: closed forms by projection
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, a],
    ] as const) {
      const d = from.map((value, k) => to[k] - value)
      const along =
        d.reduce((sum, value, k) => sum + value * (p[k] - from[k]), 0) /
        d.reduce((sum, value) => sum + value * value, 0)
      const s = Math.min(1, Math.max(0, along))
      least = Math.min(least, Math.hypot(...from.map((value, k) => value + s * d[k] - p[k])))
    }
    const u = a.map((value, k) => b[k] - value)
    const w = a.map((value, k) => c[k] - value)
    const n: Vec3 = [u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]]
    const size = Math.hypot(...n)
    const height = n.reduce((sum, value, k) => sum + (value * (p[k] - a[k])) / size, 0)
    const foot = p.map((value, k) => value - (height * n[k]) / size)
    const inside = [
      [a, b],
      [b, c],
      [c, a],
    ].every(([from, to]) => {
      const e = from.map((value, k) => to[k] - value)
      const f = from.map((value, k) => foot[k] - value)
      const turn: Vec3 = [e[1] * f[2] - e[2] * f[1], e[2] * f[0] - e[0] * f[2], e[0] * f[1] - e[1] * f[0]]
      return dot(turn, n) >= 0
    })
    if (inside) least = Math.min(least, Math.abs(height))
  }
  return least
}

test('the nearest point is the one that trying every triangle finds, near and far, in and out', () => {
  const random = seeded(4)
  for (const mesh of [torus(5, 2, 40, 20), icosphere(4, 6), submesh(icosphere(4, 6), (t) => t % 5 > 0)]) {
    const surface = surfaceFrom(mesh)
    for (let n = 0; n < 150; n++) {
      const reach = n < 100 ? 8 : 60
      const p: Vec3 = [(random() - 0.5) * 2 * reach, (random() - 0.5) * 2 * reach, (random() - 0.5) * 2 * reach]
      const truth = plainDistance(mesh, p)
      assert.ok(Math.abs(nearestPoint(surface, ...p) - truth) < 1e-9)
      assert.ok(Math.abs(Math.hypot(nearest.x - p[0], nearest.y - p[1], nearest.z - p[2]) - truth) < 1e-9)
      assert.equal(nearestPoint(surface, ...p, truth * 0.999), Infinity)
      assert.ok(nearestPoint(surface, ...p, truth * 1.001) < Infinity)
    }
  }
})

test('inside and outside are told by the nearest point as by counting crossings of a ray', () => {
  const random = seeded(9)
  const mesh = torus(5, 2, 60, 30)
  const surface = surfaceFrom(mesh)
  for (let n = 0; n < 1000; n++) {
    const p: Vec3 = [(random() - 0.5) * 16, (random() - 0.5) * 16, (random() - 0.5) * 6]
    const inside = signedDistance(surface, ...p) < 0
    assert.equal(windingAt(surface.cells, ...p), inside ? 1 : 0)
  }
  assert.equal(windingAt(surfaceFrom({ ...mesh, triangles: turned(mesh.triangles) }).cells, 5, 0, 0), -1)
})

test('a ray meets every triangle on its way once, with the side it comes from', () => {
  const { cells } = surfaceFrom(torus(5, 2, 60, 30))
  const met: [number, number][] = []
  castRay(cells, -20, 0.01, 0.02, 1, 0, 0, Infinity, (_t, mm, way) => {
    met.push([mm, way])
    return Infinity
  })
  met.sort((a, b) => a[0] - b[0])
  assert.deepEqual(met.map(([, way]) => way), [-1, 1, -1, 1]) // prettier-ignore
  assert.ok(met.every(([mm], i) => Math.abs(mm - [13, 17, 23, 27][i]) < 0.05))
  castRay(cells, -20, 0.01, 0.02, 0, 1, 0, Infinity, () => assert.fail('it goes by'))
})

test('a ray from nowhere, or in no direction, meets nothing', () => {
  const { cells } = surfaceFrom(torus(5, 2, 60, 30))
  castRay(cells, NaN, 0, 0, 1, 0, 0, Infinity, () => assert.fail('from nowhere'))
  castRay(cells, -20, 0, 0, NaN, NaN, NaN, Infinity, () => assert.fail('in no direction'))
})

test('samples stand for the same area each', () => {
  const mesh = icosphere(5, 9)
  const { points, count } = evenSamples(mesh, 20_000, 3)
  let above = 0
  for (let n = 0; n < count; n++) if (points[3 * n + 2] > 3) above++
  // a cap's area is proportional to its height (Archimedes)
  assert.ok(Math.abs(above / count - 0.2) < 0.005)
  assert.deepEqual(evenSamples(mesh, 50, 3), evenSamples(mesh, 50, 3))
})

const scan = surfaceFrom(hole(5, 10))

test('the scan of a hole looks into the hole', () => {
  assert.ok(signedDistance(scan, 0, 0, -5) > 4.9)
  assert.ok(signedDistance(scan, 5.5, 0, -5) < -0.49)
  nearestPoint(scan, 0, 6, 3)
  assert.ok(nearestOnBorder(scan))
  nearestPoint(scan, 0, 5.2, -4)
  assert.ok(!nearestOnBorder(scan))
})

for (const offset of [-0.25, 0, 0.3]) {
  test(`a plug made ${offset} mm larger than its hole is found to be that, everywhere`, () => {
    const plug = intersect(capsule([0, 0, 5], [0, 0, -10], 5 + offset), halfSpace([0, 0, 2], [0, 0, 1]))
    const found = contactOf(made(plug), scan, { intendedOffsetMm: offset, region: (_x, _y, z) => z < -1 })!
    for (const value of [found.p05, found.p50, found.p95]) assert.ok(Math.abs(value - offset) < 0.02)
    assert.ok(found.deviation.max < 0.05)
    const area = 2 * Math.PI * 5 * (9 + 5)
    assert.ok(Math.abs(found.areaMm2 / area - 1) < 0.1)
    // without being told where, it finds what faces the scan
    const all = contactOf(made(plug), scan, { intendedOffsetMm: offset })!
    assert.ok(Math.abs(all.p50 - offset) < 0.02)
  })
}

test('a bump of 1 mm on a twentieth of the surface shows in the greatest and the 95% deviation, and where', () => {
  const plug = (x: number, y: number, z: number) =>
    Math.min(capsule([0, 0, 0], [0, 0, -10], 5)(x, y, z), sphere([3.5, 0, -5], 2.5)(x, y, z))
  const found = contactOf(made(plug), scan, { intendedOffsetMm: 0, region: (_x, _y, z) => z < -1 })!
  assert.ok(Math.abs(found.max - 1) < 0.05)
  assert.ok(found.deviation.p50 < 0.02)
  assert.ok(found.deviation.at[0] > 5.5 && Math.abs(found.deviation.at[2] + 5) < 0.7)
})

test('what touches nowhere has no contact', () => {
  assert.equal(contactOf(made(sphere([0, 0, 0], 1)), scan, { intendedOffsetMm: 0, reachMm: 1 }), null)
  assert.equal(
    contactOf(made(capsule([0, 0, 0], [0, 0, -10], 5)), scan, { intendedOffsetMm: 0, region: () => false }),
    null,
  )
})

test('a straight plug goes in along its hole, and no deeper into the skin than it is made larger', () => {
  for (const [offset, tilt] of [
    [0, 0],
    [0.2, 0.3],
  ] as const) {
    // prettier-ignore
    const plug = roundIntersect(capsule([0, 0, 5], [0, 0, -10], 5 + offset), halfSpace([0, 0, 1], [tilt, 0, 1]), 0.4)
    const found = insertionOf(made(plug), scan)
    assert.ok(found.axis[2] < -0.99, found.axis.join())
    assert.ok(Math.abs(found.interferenceMm - offset) < 0.06, `${found.interferenceMm}`)
    assert.ok(Math.abs(found.restMm - offset) < 0.06)
    assert.deepEqual(insertionOf(made(plug), scan), found)
  }
})

test('a copy of the scan is measured by how far it lies outside the skin, a counterpart by how deep within', () => {
  const skin = surfaceFrom(icosphere(8, 12))
  const copy = made(sphere([0, 0, 0], 8.5))
  const found = contactOf(copy, skin, { intendedOffsetMm: 0.5, copies: true })!
  assert.ok(found.deviation.p95 < 0.03, `${found.deviation.p95}`)
  assert.ok(found.areaMm2 > 0.95 * 4 * Math.PI * 8.5 ** 2, `${found.areaMm2}`)
  assert.equal(contactOf(copy, skin, { intendedOffsetMm: 0.5 }), null)
})

test('a plug with a bead behind a narrow place cannot be put in, and it is told by how much and where', () => {
  // the hole widens below: a bead of 4.5 in a chamber of 4.6 behind a neck of 4
  const neck = parametric(96, 80, (u, v) => {
    const z = -14 * v
    const r = 4 + 0.6 * Math.exp(-(((z + 8) / 2) ** 2)) * (v < 1 ? 1 : 0)
    return [r * Math.cos(2 * Math.PI * u), r * Math.sin(2 * Math.PI * u), z]
  }, { u: true }) // prettier-ignore
  const bead: Sdf = (x, y, z) => {
    const r = 3.95 + 0.55 * Math.exp(-(((z + 8) / 2) ** 2))
    return Math.max((Math.hypot(x, y) - r) * 0.9, z, -z - 9.5)
  }
  const found = insertionOf(made(bead), surfaceFrom(neck))
  assert.ok(Math.abs(found.interferenceMm - 0.5) < 0.08, `${found.interferenceMm}`)
  assert.ok(Math.abs(found.at[2] + 8) < 0.8 && found.outMm > 1)
  assert.ok(found.restMm < 0.02)
})

test('a clip about the bar of a dumbbell goes on from the side that it is open to, the only way', () => {
  const bell = union(cylinder([0, -9, 0], [0, 9, 0], 2), sphere([0, -9, 0], 3.4), sphere([0, 9, 0], 3.4))
  const post = asWritten(surfaceOfSdf(bell, space, 0.4)).mesh
  // a U about the post that is open towards +x
  const u: Sdf = (x, y, z) =>
    Math.max(Math.abs(y) - 3, Math.abs(z) - 4, Math.abs(x) - 4, -Math.max(Math.abs(z) - 2.2, -x - 2.2))
  const found = insertionOf(made(u), surfaceFrom(post))
  // it is put on by moving it towards the post's far side: against its opening
  assert.ok(found.axis[0] > 0.9, found.axis.join())
  assert.ok(found.interferenceMm < 0.02)
})

test('a face within a hollow product touches nothing, however near the skin is behind its wall', () => {
  const skin = surfaceFrom({ ...icosphere(8, 48), triangles: turned(icosphere(8, 48).triangles) })
  // a shell pressed 0.3 mm into the skin, and within it a ball that looks at the skin from 1.5 mm
  const shell = union(
    intersect(sphere([0, 0, 0], 8.3), (x, y, z) => 7.3 - Math.hypot(x, y, z)),
    sphere([0, 0, 0], 6.5),
  )
  const contact = contactOf(made(shell), skin, { intendedOffsetMm: 0.3 })
  assert.ok(contact && contact.min > 0.25 && contact.max < 0.35, `${contact?.min} to ${contact?.max}`)
})
