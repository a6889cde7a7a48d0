import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bounds, faceVectors, volume } from '../mesh/mesh.ts'
import { boundaryLoops, genus } from '../mesh/topology.ts'
import { outlineOf } from './foot-plan.ts'
import { footTruth } from './foot-truth.ts'
import { footPhantom, footShape, footSolid, plainFoot } from './foot.ts'

test('a foot phantom is closed, without handles, and every vertex lies on the solid', () => {
  const mesh = footPhantom(5000)
  assert.equal(boundaryLoops(mesh).length, 0)
  assert.equal(genus(mesh), 0)
  assert.ok(volume(mesh) > 0)
  const { heights } = footSolid()
  for (let i = 0; i < mesh.positions.length; i += 3) {
    const [x, y, z] = mesh.positions.subarray(i, i + 3)
    const found = heights(x, y)
    assert.ok(found)
    assert.ok(Math.min(Math.abs(z - found.top), Math.abs(z - found.bottom)) < 1e-6)
  }
})

test('the truth of a phantom agrees with its own mesh', () => {
  const truth = footTruth(footSolid())
  const mesh = footPhantom(20000)
  const c = Math.cos(truth.axis)
  const s = Math.sin(truth.axis)
  let from = Infinity
  let to = -Infinity
  let right = Infinity
  let left = -Infinity
  for (let i = 0; i < mesh.positions.length; i += 3) {
    const along = c * mesh.positions[i] + s * mesh.positions[i + 1]
    const across = c * mesh.positions[i + 1] - s * mesh.positions[i]
    from = Math.min(from, along)
    to = Math.max(to, along)
    right = Math.min(right, across)
    left = Math.max(left, across)
  }
  assert.ok(Math.abs(to - from - truth.foot_length) < 0.02)
  assert.ok(Math.abs(left - right - truth.ball_width) < 0.02)
  assert.ok(Math.abs(truth.arch_height - footShape.vault.height) < 0.6)
})

test('an outline of circles knows how far it reaches and how deep a point lies in it', () => {
  const { reach, depth, across, touch } = outlineOf([
    { x: 0, y: 0, r: 30 },
    { x: 100, y: 0, r: 50 },
  ])
  assert.ok(Math.abs(reach(0) - 150) < 1e-9 && Math.abs(reach(Math.PI) - 30) < 1e-9)
  assert.ok(Math.abs(depth(100, 0) - 50) < 1e-9)
  assert.ok(Math.abs(depth(-30, 0)) < 1e-9 && depth(-31, 0) < 0)
  // the tangent between the circles leans by asin(20 / 100)
  const lean = Math.asin(0.2)
  const [x, y] = touch(Math.PI / 2 + lean)
  assert.ok(Math.abs(depth(x, y)) < 1e-9)
  const [right, left] = across(50)!
  assert.ok(Math.abs(left - (30 / Math.cos(lean) + 50 * Math.tan(lean))) < 1e-9 && Math.abs(left + right) < 1e-9)
  assert.equal(across(151), null)
})

test('a plain foot has the size that was asked for', () => {
  const mesh = plainFoot({ length: 250, heelWidth: 62, ballWidth: 96, instepHeight: 60 }, 8000)
  const { min, max } = bounds(mesh)
  assert.ok(Math.abs(max[0] - min[0] - 250) < 1e-9)
  assert.ok(Math.abs(max[1] - min[1] - 96) < 0.02)
  assert.equal(min[2], 0)
  assert.ok(faceVectors(mesh).every(Number.isFinite))
})
