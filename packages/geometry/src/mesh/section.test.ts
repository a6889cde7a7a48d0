import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bvhOf } from './bvh.ts'
import { applyTo, rotation, turn } from './matrix.ts'
import { type Mesh, transformed, turned } from './mesh.ts'
import { convexHull, girth, inPlane, sectionShape } from './outline.ts'
import { polylineLength } from './polyline.ts'
import { seeded } from './random.ts'
import { type Plane, section } from './section.ts'
import { box, icosphere, parametric, torus } from './shapes.ts'
import { dot, subtract, unit, type Vec3 } from './vector.ts'

const close = (found: number, truth: number, within: number) =>
  assert.ok(Math.abs(found - truth) <= within, `${found} is not ${truth} within ${within}`)

test('a cut through a sphere is one circle of the right length and area, anywhere and in any direction', () => {
  const mesh = icosphere(10, 40)
  const bvh = bvhOf(mesh)
  const random = seeded(1)
  for (let i = 0; i < 50; i++) {
    const normal = unit([random() - 0.5, random() - 0.5, random() - 0.5])
    const height = 16 * random() - 8
    const plane: Plane = { point: [height * normal[0], height * normal[1], height * normal[2]], normal }
    const lines = section(mesh, plane, { bvh })
    assert.equal(lines.length, 1)
    assert.ok(lines[0].closed)
    const radius = Math.sqrt(100 - height * height)
    close(polylineLength(lines[0]), 2 * Math.PI * radius, 0.05)
    const shape = sectionShape(lines[0], plane)
    close(shape.area, Math.PI * radius * radius, 0.5)
    close(shape.major, 2 * radius, 0.05)
    close(shape.minor, 2 * radius, 0.05)
    assert.ok(Math.hypot(...subtract(shape.centroid, plane.point)) < 0.05)
    const plain = section(mesh, plane) // without the tree
    assert.equal(plain.length, 1)
    close(polylineLength(plain[0]), polylineLength(lines[0]), 1e-9)
  }
})

test('the section of a turned ellipsoid has the axes of its ellipse', () => {
  const sphere = icosphere(1, 60)
  const m = rotation(unit([1, 2, -1]), 0.7)
  const stretched = { ...sphere, positions: sphere.positions.map((value, i) => value * [8, 5, 3][i % 3]) }
  const mesh = transformed(stretched, m)
  const plane: Plane = { point: [0, 0, 0], normal: turn(m, [0, 0, 1]) }
  const shape = sectionShape(section(mesh, plane)[0], plane)
  close(shape.major, 16, 0.02)
  close(shape.minor, 10, 0.02)
  close(Math.abs(dot(shape.majorDirection, turn(m, [1, 0, 0]))), 1, 1e-6)
  close(shape.area, Math.PI * 40, 0.2)
})

test('round a solid the line runs one way, round a hole in it the other', () => {
  const mesh = torus(10, 3, 90, 40)
  const plane: Plane = { point: [0, 0, 0.1], normal: [0, 0, 1] }
  const areas = section(mesh, plane).map((line) => sectionShape(line, plane).area)
  assert.deepEqual(areas.map(Math.sign), [1, -1])
  close(areas[0] + areas[1], Math.PI * (13 * 13 - 7 * 7), 2)
})

test('a cut exactly through vertices, along edges and in the plane of a face is still closed lines', () => {
  const across = torus(10, 3, 48, 24)
  for (const plane of [
    { point: [0, 0, 0], normal: [0, 0, 1] },
    { point: [0, 0, 0], normal: [0, 1, 0] },
    { point: [0, 0, 0], normal: unit([1, 1, 0]) },
  ] as Plane[]) {
    const lines = section(across, plane)
    assert.equal(lines.length, 2)
    assert.ok(lines.every(({ closed }) => closed))
  }
  const cube = box([0, 0, 0], [2, 2, 2])
  const at = (z: number) => section(cube, { point: [0, 0, z], normal: [0, 0, 1] })
  assert.deepEqual(at(2).map(polylineLength), [8]) // the plane of the lid: a hair below it
  assert.deepEqual(at(0), [])
  const diagonal: Plane = { point: [1, 1, 0], normal: unit([1, -1, 0]) }
  close(polylineLength(section(cube, diagonal)[0]), 4 + 4 * Math.SQRT2, 1e-12)
  assert.equal(section(cube, diagonal).length, 1)
})

test('an open tube gives closed rings across and open lines along', () => {
  const tube = parametric(60, 20, (u, v) => [Math.cos(2 * Math.PI * u), Math.sin(2 * Math.PI * u), 9 * v], { u: true })
  assert.ok(section(tube, { point: [0, 0, 4.4], normal: [0, 0, 1] })[0].closed)
  const along = section(tube, { point: [0.3, 0, 0], normal: [1, 0, 0] })
  assert.deepEqual(
    along.map(({ closed }) => closed),
    [false, false],
  )
  for (const line of along) close(polylineLength(line), 9, 1e-9)
})

test('triangles that disagree about outside do not break a line', () => {
  const random = seeded(4)
  const mesh = icosphere(10, 12)
  const triangles = mesh.triangles.slice()
  const mirrored = turned(triangles)
  for (let t = 0; t < triangles.length; t += 3) {
    if (random() < 0.3) triangles.set(mirrored.subarray(t, t + 3), t)
  }
  const plane: Plane = { point: [0, 0, 1.3], normal: unit([0.2, 0.1, 1]) }
  const [truth] = section(mesh, plane)
  const lines = section({ ...mesh, triangles }, plane)
  assert.equal(lines.length, 1)
  assert.ok(lines[0].closed)
  close(polylineLength(lines[0]), polylineLength(truth), 1e-9)
})

test('a hull holds every point and has no other corners', () => {
  const random = seeded(8)
  const flat = Float64Array.from({ length: 400 }, () => Math.floor(random() * 20)) // many on one line, many twice
  const hull = convexHull(flat)
  const p = (i: number): [number, number] => [flat[2 * i], flat[2 * i + 1]]
  for (let k = 0; k < hull.length; k++) {
    const [a, b] = [p(hull[k]), p(hull[(k + 1) % hull.length])]
    const side = (q: [number, number]) => (b[0] - a[0]) * (q[1] - a[1]) - (b[1] - a[1]) * (q[0] - a[0])
    for (let i = 0; i < 200; i++) assert.ok(side(p(i)) >= 0)
    assert.ok(side(p(hull[(k + 2) % hull.length])) > 0)
  }
})

test('a tape goes straight over a hollow, and round two legs at once', () => {
  // a bean: its outline has a bay that a tape does not follow
  const radius = (a: number) => 10 - 6 * Math.exp(-4 * (a - Math.PI) ** 2)
  const bean: Mesh = parametric(
    400,
    4,
    (u, v) => {
      const r = radius(2 * Math.PI * u)
      return [r * Math.cos(2 * Math.PI * u), r * Math.sin(2 * Math.PI * u), 10 * v]
    },
    { u: true },
  )
  const plane: Plane = { point: [0, 0, 3.3], normal: [0, 0, 1] }
  const lines = section(bean, plane)
  const tape = girth(lines, plane)
  // the hull of the true outline, sampled ten times finer
  const fine = Float64Array.from({ length: 8000 }, (_, i) => {
    const a = (2 * Math.PI * (i >> 1)) / 4000
    return radius(a) * (i % 2 === 0 ? Math.cos(a) : Math.sin(a))
  })
  const corners = convexHull(fine)
  let truth = 0
  for (const [k, i] of corners.entries()) {
    const j = corners[(k + 1) % corners.length]
    truth += Math.hypot(fine[2 * i] - fine[2 * j], fine[2 * i + 1] - fine[2 * j + 1])
  }
  close(tape.length, truth, 0.01)
  assert.ok(polylineLength(lines[0]) > tape.length + 1)

  const leg = (x: number): Vec3[] =>
    [0, 90, 180, 270]
      .map((d) => applyTo(rotation([0, 0, 1], (d * Math.PI) / 180), [1, 1, 0]))
      .map((q): Vec3 => [q[0] + x, q[1], 0])
  const squares = [leg(0), leg(6)].map((points) => ({ points: Float64Array.from(points.flat()), closed: true }))
  close(girth(squares, { point: [0, 0, 0], normal: [0, 0, 1] }).length, 20, 1e-12)
  assert.equal(inPlane(squares[0].points, plane).length, 8)
})
