import assert from 'node:assert/strict'
import { test } from 'node:test'
import { largestBody } from '../field/bodies.ts'
import { roundIntersect, roundSubtract } from '../field/combine.ts'
import { distanceGrid } from '../field/distance.ts'
import { interpolated, latticeOver } from '../field/grid.ts'
import { extruded, polygon } from '../field/outline.ts'
import { halfSpace, sphere } from '../field/shapes.ts'
import { tube } from '../field/strokes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { scaling } from '../mesh/matrix.ts'
import { bounds, transformed } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { readScan } from '../read/read.ts'
import { checkFit } from './check.ts'
import { scanBytes } from '../test-support/scans.ts'

const scanAt = (path: string) => readScan(scanBytes(path))

test('a vented plug for the concha of a scanned ear touches it as it was meant to, and goes in', () => {
  const scan = scanAt('ear/hutubs_pp3_left_ear.ply')
  const [x, y, z]: Vec3 = [34, 32, 72]
  const room = { min: [x - 10, y - 10, z - 10] as Vec3, max: [x + 10, y + 10, z + 10] as Vec3 }
  const skin = interpolated(distanceGrid(scan, latticeOver(room, 0.35), 2))
  const vent: Vec3[] = [[x, y, z - 12], [x + 0.5, y, z], [x, y, z + 12]] // prettier-ignore
  for (const offset of [-0.2, 0.3]) {
    const inEar = roundIntersect((px, py, pz) => -skin(px, py, pz) - offset, sphere([x, y, z], 9), 0.6)
    const body = roundIntersect(inEar, halfSpace([x, y, z + 4], [0, 0, 1]), 0.6)
    const mesh = largestBody(surfaceOfSdf(roundSubtract(body, tube(vent, 0.8), 0.3), room, 0.35))
    const report = checkFit(mesh, scan, {
      intendedOffsetMm: offset,
      contact: (px, py, pz) => Math.hypot(px - x, py - y, pz - z) < 7.5 && pz < z + 3,
      minWallMm: 0.8,
      bores: [{ name: 'vent', path: vent, diameterMm: 1.5 }],
      vent: 'vent',
      genus: 1,
      pressMm: 0.5,
      outward: [0, 0, 1],
    })
    assert.deepEqual(report.failures, [])
    assert.ok(Math.abs(report.contact!.p95 - offset) < 0.05)
    assert.ok(report.contactDeviation!.p95 < 0.05)
    assert.ok(report.contact!.areaMm2 > 200)
    assert.ok(report.insertionAxis![2] < -0.9)
  }
})

test('a sole under a scanned foot touches it all over', () => {
  const scan = transformed(scanAt('foot/dupontgu_left_foot.stl'), scaling(1000))
  const { min, max } = bounds(scan)
  const [cx, cy] = [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2]
  const [hx, hy] = [(max[0] - min[0]) / 2 - 3, (max[1] - min[1]) / 2 - 3]
  const outline = polygon(
    Array.from({ length: 120 }, (_, i) => {
      const turn = (i / 60) * Math.PI
      return [cx + hx * Math.cos(turn), cy + 0.8 * hy * Math.sin(turn)] as const
    }),
  )
  const room = { min: [min[0] - 2, min[1] - 2, min[2] - 6] as Vec3, max: [max[0] + 2, max[1] + 2, min[2] + 16] as Vec3 }
  const skin = interpolated(distanceGrid(scan, latticeOver(room, 1), 3))
  const column = extruded(outline, { origin: [0, 0, 0], x: [1, 0, 0], y: [0, 1, 0] }, min[2] - 3, min[2] + 10, 0.5)
  const sole = largestBody(
    surfaceOfSdf(
      roundIntersect((x, y, z) => -skin(x, y, z), column, 1),
      room,
      1,
    ),
  )
  const report = checkFit(sole, scan, {
    intendedOffsetMm: 0,
    contact: (x, y, z) => outline(x, y) < -6 && z < min[2] + 9,
    minWallMm: 0.5,
    genus: 0,
    pressMm: 0.3,
    outward: [0, 0, -1],
  })
  assert.deepEqual(report.failures, [])
  assert.ok(report.contactDeviation!.p95 < 0.05)
  assert.ok(report.contact!.areaMm2 > 10_000)
})
