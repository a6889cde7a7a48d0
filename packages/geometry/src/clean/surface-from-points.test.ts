import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rotation } from '../mesh/matrix.ts'
import { type Mesh, submesh, transformed, vertexNormals } from '../mesh/mesh.ts'
import { gaussian, seeded } from '../mesh/random.ts'
import { samplePoints } from '../mesh/resample.ts'
import { icosphere, parametric } from '../mesh/shapes.ts'
import { boundaryLoops, genus } from '../mesh/topology.ts'
import { unit, type Vec3 } from '../mesh/vector.ts'
import { readScan } from '../read/read.ts'
import { clean } from './clean.ts'
import { surfaceFromPoints } from './surface-from-points.ts'
import { scanBytes } from '../test-support/scans.ts'

function noisyPoints(mesh: Mesh, count: number, mm: number, seed: number): Float64Array {
  const random = seeded(seed)
  const noise = gaussian(random)
  return samplePoints(mesh, count, random).points.map((value) => value + mm * noise())
}

function rms(positions: Float64Array, off: (x: number, y: number, z: number) => number) {
  let sum = 0
  let most = 0
  for (let v = 0; v < positions.length; v += 3) {
    const d = off(positions[v], positions[v + 1], positions[v + 2])
    sum += d * d
    most = Math.max(most, Math.abs(d))
  }
  return { rms: Math.sqrt(sum / (positions.length / 3)), most }
}

/** A quarter bend of radius 15 between two straight parts of 12, pipe radius 4: open at both ends. */
const along = 24 + 7.5 * Math.PI
const tube = parametric(
  120,
  240,
  (u, v) => {
    const [a, s] = [2 * Math.PI * u, v * along]
    const turn = Math.min(Math.PI / 2, Math.max(0, (s - 12) / 15))
    const [x, z] = [15 - 15 * Math.cos(turn) + Math.max(0, s - along + 12), 15 * Math.sin(turn) + Math.min(12, s)]
    return [x + 4 * Math.cos(a) * Math.cos(turn), 4 * Math.sin(a), z - 4 * Math.cos(a) * Math.sin(turn)]
  },
  { u: true },
)
const offTube = (x: number, y: number, z: number) => {
  if (z < 12) return Math.hypot(x, y) - 4
  if (x > 15) return Math.hypot(z - 27, y) - 4
  return Math.hypot(Math.hypot(x - 15, z - 12) - 15, y) - 4
}

test('points of a ball with 0.1 mm of noise become a closed ball within 0.05 mm', () => {
  const surface = surfaceFromPoints({ positions: noisyPoints(icosphere(20, 50), 14_000, 0.1, 1) })
  assert.equal(surface.from, 'cloud')
  const { mesh, report } = clean(surface)
  assert.deepEqual([genus(mesh), boundaryLoops(mesh).length, report.pieces.length], [0, 0, 1])
  const off = rms(mesh.positions, (x, y, z) => Math.hypot(x, y, z) - 20)
  assert.ok(off.rms < 0.05 && off.most < 0.25, JSON.stringify(off))
})

test('a bent tube stays open at its ends, turned any way, with noise small and large', () => {
  const m = rotation(unit([1, 2, 3]), 1)
  const back = rotation(unit([1, 2, 3]), -1)
  for (const [noise, within] of [
    [0, 0.005],
    [0.1, 0.05],
    [0.3, 0.12],
  ]) {
    const points = noisyPoints(transformed(tube, m), 12_000, noise, 2)
    const { mesh, report } = clean(surfaceFromPoints({ positions: points }))
    assert.equal(report.openings.length, 2)
    assert.equal(genus(mesh), 0)
    const off = rms(transformed(mesh, back).positions, offTube)
    assert.ok(off.rms < within, `${noise}: ${JSON.stringify(off)}`)
    assert.ok(Math.abs(report.pieces[0].area / (8 * Math.PI * along) - 1) < 0.04)
  }
})

test('stray points in the air are told from the surface, and do not bend it', () => {
  const random = seeded(3)
  const points = [...noisyPoints(icosphere(20, 40), 10_000, 0.1, 3)]
  for (let i = 0; i < 600; i++) points.push(60 * random() - 30)
  const surface = surfaceFromPoints({ positions: Float64Array.from(points) })
  assert.ok(surface.outliers > 140 && surface.outliers < 260)
  const { mesh } = clean(surface)
  assert.deepEqual([genus(mesh), boundaryLoops(mesh).length], [0, 0])
  assert.ok(rms(mesh.positions, (x, y, z) => Math.hypot(x, y, z) - 20).rms < 0.07)
})

test('the two sides of a thin plate are two surfaces that look away from each other', () => {
  // 3 mm thick with round rims, points 0.7 mm apart
  const plate = parametric(120, 60, (u, v) => {
    const [a, t] = [2 * Math.PI * u, Math.PI * v]
    const r = 15 + 1.5 * Math.max(0, Math.sin(t))
    const reach = Math.min(1, Math.sin(t) * 4)
    return [r * reach * Math.cos(a), r * reach * Math.sin(a), -1.5 * Math.cos(t)]
  })
  const { mesh, report } = clean(surfaceFromPoints({ positions: noisyPoints(plate, 6000, 0.05, 4) }))
  assert.deepEqual([genus(mesh), boundaryLoops(mesh).length, report.pieces.length], [0, 0, 1])
  const normals = vertexNormals(mesh)
  let flat = 0
  for (let v = 0; v < normals.length; v += 3) {
    if (Math.hypot(mesh.positions[v], mesh.positions[v + 1]) > 10) continue
    flat++
    assert.ok(normals[v + 2] * Math.sign(mesh.positions[v + 2]) > 0.9)
  }
  assert.ok(flat > 1000)
})

test('of a bowl the inside is the outside when the file has normals that say so', () => {
  const ball = icosphere(20, 40)
  const bowl = submesh(ball, (t) => ball.positions[3 * ball.triangles[3 * t] + 2] < -5)
  const positions = noisyPoints(bowl, 5000, 0.05, 5)
  const inwards = (mesh: Mesh) => {
    const normals = vertexNormals(mesh)
    return normals.reduce((sum, value, i) => sum - value * mesh.positions[i], 0) > 0
  }
  assert.equal(inwards(clean(surfaceFromPoints({ positions })).mesh), false)
  const normals = positions.map((value) => -value / 20)
  assert.equal(inwards(clean(surfaceFromPoints({ positions, normals })).mesh), true)
})

/** What a depth camera at the origin sees: a ball before a wall, with points invented between the two. */
function frame(axis: number, sign: number, seed: number) {
  const noise = gaussian(seeded(seed))
  const pitch = 1 / 200
  const depths: number[] = []
  const rays: Vec3[] = []
  let onBall = 0
  for (let row = -60; row <= 60; row++) {
    for (let column = -60; column <= 60; column++) {
      const [x, y] = [column * pitch, row * pitch]
      // the ball's middle is 300 away, its radius 60
      const a = x * x + y * y + 1
      const root = 300 * 300 - a * (300 * 300 - 60 * 60)
      const edge = Math.abs(Math.sqrt(x * x + y * y) * 300 * Math.sqrt(1 - 0.04) - 60) < 1.2 && (row + column) % 3 === 0
      const depth = edge ? 340 : root >= 0 ? (300 - Math.sqrt(root)) / a : 400
      if (root >= 0 && !edge) onBall++
      rays.push([x, y, 1])
      depths.push(depth + 0.2 * noise())
    }
  }
  const positions = new Float64Array(3 * rays.length)
  for (const [i, ray] of rays.entries()) {
    const z = depths[i] * sign
    positions[3 * i + axis] = z
    positions[3 * i + ((axis + 1) % 3)] = ray[0] * depths[i]
    positions[3 * i + ((axis + 2) % 3)] = ray[1] * depths[i]
  }
  return { positions, onBall }
}

test('a frame of a depth camera becomes what it saw, facing the camera, along whichever axis that looked', () => {
  for (const [axis, sign] of [
    [2, -1],
    [2, 1],
    [0, 1],
    [1, -1],
  ]) {
    const { positions } = frame(axis, sign, 6)
    const surface = surfaceFromPoints({ positions })
    assert.equal(surface.from, 'frame')
    assert.ok(surface.outliers > 20, `${surface.outliers}`)
    const { mesh, report } = clean(surface)
    assert.ok(report.pieces.length >= 2)
    const normals = vertexNormals(mesh)
    for (let v = 0; v < normals.length; v += 3) {
      const facing = -[0, 1, 2].reduce((sum, k) => sum + normals[v + k] * mesh.positions[v + k], 0)
      assert.ok(facing > 0)
    }
    // nothing hangs between ball and wall but what noise and slant explain
    let between = 0
    for (let v = axis; v < mesh.positions.length; v += 3) {
      const depth = mesh.positions[v] * sign
      if (depth > 315 && depth < 395) between++
    }
    assert.ok(between < 20, `${between}`)
  }
})

test('the phone frames are read as frames, lose little, and hang together', () => {
  for (const name of ['sc_sven_truedepth_frame000.ply', 'sc_sven_truedepth_frame044.ply']) {
    const scan = readScan(scanBytes(`head/${name}`))
    const surface = surfaceFromPoints(scan)
    assert.equal(surface.from, 'frame')
    assert.ok(surface.outliers < 0.01 * (scan.positions.length / 3))
    const { mesh, report } = clean(surface)
    assert.ok(mesh.positions.length > 0.95 * scan.positions.length)
    assert.ok(report.pieces.length <= 3)
    assert.ok(report.pieces[0].triangles > 40_000)
  }
})

test('points that mark what was not seen change nothing: 0 0 0, or a number far beyond the thing', () => {
  const seen = noisyPoints(icosphere(20, 30), 5000, 0.05, 7).map((value, i) => value + [50, 0, 100][i % 3])
  const alone = surfaceFromPoints({ positions: seen })
  const { positions: pixels } = frame(2, 1, 6)
  const picture = surfaceFromPoints({ positions: pixels })
  for (const missing of [
    [0, 0, 0],
    [1e10, 1e10, 1e10],
    [0, 0, -1e8],
    [-32768, -32768, -32768],
  ]) {
    const marks = Array.from({ length: 20 }, () => missing).flat()
    const cloud = surfaceFromPoints({ positions: Float64Array.of(...marks, ...seen) })
    assert.deepEqual(cloud, { ...alone, outliers: alone.outliers + 20 })
    const whole = surfaceFromPoints({ positions: Float64Array.of(...pixels, ...marks) })
    assert.deepEqual(whole, { ...picture, outliers: picture.outliers + 20 })
  }
})

test('a few points, all in one place, or on one line are no surface, and no crash', () => {
  for (const positions of [
    new Float64Array(),
    Float64Array.of(1, 2, 3),
    new Float64Array(3000).fill(4),
    Float64Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? i : 1)),
    Float64Array.from({ length: 300 }, (_, i) => Math.sin(i * i) * 50),
  ]) {
    const { mesh } = clean(surfaceFromPoints({ positions }))
    assert.ok(mesh.positions.every(Number.isFinite))
  }
})
