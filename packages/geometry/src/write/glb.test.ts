import assert from 'node:assert/strict'
import { validateBytes } from 'gltf-validator'
import { test } from 'node:test'
import { area, bounds, triangleCount, vertexCount, volume } from '../mesh/mesh.ts'
import { readScan } from '../read/read.ts'
import { glbOf } from './glb.ts'
import { openEdges, ring, withSplitEdges } from './shapes.ts'

const red = [0.8, 0.1, 0.1, 1] as const
const glass = [0.2, 0.4, 0.9, 0.4] as const
const points = { positions: ring(5, 5).positions, triangles: new Uint32Array() }

test('the validator of Khronos finds neither errors nor warnings', async () => {
  const large = ring(400, 200) // more vertices than 16 bits count
  const file = glbOf([
    { mesh: ring(40, 16), name: 'product "A" <1>', color: red },
    { mesh: large, name: 'ear كان', color: glass },
    { mesh: points, name: 'points', color: red },
    { mesh: withSplitEdges(ring(40, 16), 3, 1e-11), name: 'split', color: red },
  ])
  const report = await validateBytes(file)
  assert.deepEqual(report.issues.messages, [])
  assert.equal(report.info.totalTriangleCount, 2 * 40 * 16 + 2 * 400 * 200 + 2 * 40 * 16)
})

test('vertices and triangles without area or use are no reason for a warning', async () => {
  const mesh = {
    positions: Float64Array.of(0, 0, 0, 1, 0, 0, 2, 0, 0, 9, 9, 9, 0, 1, 0),
    triangles: Uint32Array.of(0, 1, 2, 0, 2, 4),
  }
  assert.deepEqual((await validateBytes(glbOf([{ mesh, name: 'a', color: red }]))).issues.messages, [])
})

test('read again it is the same surface, in metres, its z upwards as y', () => {
  const mesh = ring(40, 16, 30, 8)
  const scan = readScan(glbOf([{ mesh, name: 'ring', color: red }]))
  assert.equal(scan.unit, 'm')
  assert.equal(vertexCount(scan), vertexCount(mesh))
  assert.deepEqual(scan.triangles, readScan(glbOf([{ mesh, name: 'ring', color: red }])).triangles)
  assert.equal(openEdges(scan), 0)
  assert.ok(Math.abs((volume(scan) * 1e9) / volume(mesh) - 1) < 1e-6)
  const { min, max } = bounds(scan)
  assert.deepEqual(
    [...min, ...max].map((x) => Math.round(x * 1e6)),
    [-38000, -8000, -38000, 38000, 8000, 38000],
  )
  const upright = bounds(readScan(glbOf([{ mesh, name: 'ring', color: red }], { up: 'y' })))
  assert.deepEqual(
    upright.max.map((x) => Math.round(x * 1e6)),
    [38000, 38000, 8000],
  )
})

test('parts keep their names, colours and transparency', () => {
  const file = glbOf([
    { mesh: ring(8, 6), name: 'product', color: red },
    { mesh: ring(8, 6), name: 'scan', color: glass },
    { mesh: { positions: new Float64Array(), triangles: new Uint32Array() }, name: 'nothing', color: red },
  ])
  assert.deepEqual(
    readScan(file).parts?.map(({ name, from, to }) => [name, to - from]),
    [
      ['product', 96],
      ['scan', 96],
    ],
  )
  const length = new DataView(file.buffer).getUint32(12, true)
  const json = JSON.parse(new TextDecoder().decode(file.subarray(20, 20 + length))) as {
    materials: { alphaMode?: string; pbrMetallicRoughness: { baseColorFactor: number[] } }[]
  }
  assert.deepEqual(
    json.materials.map(({ alphaMode }) => alphaMode),
    [undefined, 'BLEND'],
  )
  // 0.8 of what a screen shows is 0.6038 of the light (IEC 61966-2-1)
  assert.ok(Math.abs(json.materials[0].pbrMetallicRoughness.baseColorFactor[0] - 0.603827) < 1e-6)
  assert.equal(json.materials[1].pbrMetallicRoughness.baseColorFactor[3], 0.4)
})

test('normals point outwards', () => {
  const scan = readScan(glbOf([{ mesh: ring(40, 16), name: 'ring', color: red }]))
  const { normals = new Float64Array(), positions } = scan
  for (let i = 0; i < normals.length; i += 3) {
    // the ring lies round y now; from its middle circle outwards
    const size = Math.hypot(positions[i], positions[i + 2])
    const [cx, cz] = [(0.03 * positions[i]) / size, (0.03 * positions[i + 2]) / size]
    const out =
      normals[i] * (positions[i] - cx) + normals[i + 1] * positions[i + 1] + normals[i + 2] * (positions[i + 2] - cz)
    assert.ok(out > 0.99 * 0.008)
  }
  assert.ok(area(scan) > 0 && triangleCount(scan) === 2 * 40 * 16)
})

test('nothing to show is a mistake', () => {
  assert.throws(() => glbOf([]), RangeError)
})
