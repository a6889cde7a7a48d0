import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readScan } from '../read/read.ts'
import { plyOf } from './ply.ts'
import { ring } from './shapes.ts'

test('what is written is read bit for bit', () => {
  const mesh = ring(20, 10)
  const scan = readScan(plyOf(mesh, ['a ring\nelement vertex 5', 'made for a test']))
  assert.deepEqual(scan.positions, mesh.positions)
  assert.deepEqual(scan.triangles, mesh.triangles)
  assert.deepEqual(scan.notes, ['a ring element vertex 5', 'made for a test'])
})

test('points alone are written without faces', () => {
  const { positions } = ring(5, 5)
  const scan = readScan(plyOf({ positions, triangles: new Uint32Array() }))
  assert.deepEqual(scan.positions, positions)
  assert.equal(scan.triangles.length, 0)
})
