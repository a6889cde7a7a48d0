import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readScan } from './read.ts'
import { refusedAt } from './refused.ts'
import { bytesOf, glbChunks, glbFile, glbPoints, glbScene, glbSkin } from './samples.ts'

const rounded = (values: ArrayLike<number> | undefined) => Array.from(values ?? [], (v) => Number(v.toFixed(9)) + 0)

/** A triangle at one node, with something changed. */
function triangle(change: { [key: string]: unknown; accessor?: object; view?: object; primitive?: object }) {
  const { accessor, view, primitive, ...json } = change
  return glbFile(
    {
      nodes: [{ mesh: 0 }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0 }, ...primitive }] }],
      bufferViews: [
        { buffer: 0, byteLength: 36, ...view },
        { buffer: 0, byteLength: 3, byteOffset: 36 },
      ],
      accessors: [
        { bufferView: 0, componentType: 5126, count: 3, type: 'VEC3', ...accessor },
        { bufferView: 1, componentType: 5121, count: 3, type: 'SCALAR' },
      ],
      ...json,
    },
    bytesOf([
      ['f4', 0, 0, 0, 1, 0, 0, 0, 1, 0],
      ['u1', 0, 1, 3],
    ]),
  )
}

test('meshes stand where their nodes put them, in metres, one part each', () => {
  const scan = readScan(glbScene)
  assert.equal(scan.unit, 'm')
  assert.deepEqual(scan.parts, [
    { name: 'left', from: 0, to: 2 },
    { name: 'strip', from: 2, to: 4 },
  ])
  // turned by 90° about z, moved by 1 along x, then twice as large
  assert.deepEqual(rounded(scan.positions.subarray(0, 12)), [2, 0, 0, 2, 2, 0, 0, 0, 0, 0, 2, 0])
  // mirrored in z, 5 up, twice as large; its last element is changed by the sparse accessor
  assert.deepEqual(rounded(scan.positions.subarray(12)), [0, 0, 10, 2, 0, 10, 0, 2, 10, 2, 2, 8])
  assert.deepEqual([...(scan.colors ?? [])].slice(0, 6), [255, 0, 0, 255, 51, 0])
  assert.deepEqual(scan.notes, ['by hand', 'primitives of lines, left out: 1'])
})

test('a mesh in a mirror is still seen from outside: corners and normals turn', () => {
  const scan = readScan(glbScene)
  assert.deepEqual([...scan.triangles.subarray(6)], [4, 6, 5, 5, 6, 7])
  assert.deepEqual(rounded(scan.normals?.subarray(12, 15)), [0, 0, -1])
})

test('a skinned mesh stands as its joints do, whatever its own node says', () => {
  assert.deepEqual(rounded(readScan(glbSkin).positions), [0, 0, 0, 1, 10, 0, 0, 6, 0])
})

test('points without a place are left out', () => {
  const scan = readScan(glbPoints)
  assert.deepEqual(rounded(scan.positions), [0, 0, 0, 1, 0, 0])
  assert.equal(scan.triangles.length, 0)
})

test('vertices that glTF had to double are one again', () => {
  const cube = triangle({
    meshes: [{ primitives: [{ attributes: { POSITION: 0 } }, { attributes: { POSITION: 2 } }] }],
    accessors: [0, 1, 2].map(() => ({ bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' })),
  })
  assert.equal(readScan(cube).positions.length / 3, 3)
  assert.deepEqual([...readScan(cube).triangles], [0, 1, 2, 0, 1, 2])
})

test('a fan shares its first corner', () => {
  const bytes = glbFile(
    {
      nodes: [{ mesh: 0 }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0 }, mode: 6 }] }],
      bufferViews: [{ buffer: 0, byteLength: 15 }],
      accessors: [{ bufferView: 0, componentType: 5120, count: 5, type: 'VEC3' }],
    },
    bytesOf([['i1', 0, 0, 0, 2, 0, 0, 2, 2, 0, 0, 2, 0, -2, 2, 0]]),
  )
  assert.deepEqual([...readScan(bytes).triangles], [0, 1, 2, 0, 2, 3, 0, 3, 4])
})

test('an extension that the file needs and that is not read is refused by its name', () => {
  const name = 'KHR_draco_mesh_compression'
  const accessors = [{ componentType: 5126, count: 3, type: 'VEC3' }]
  refusedAt(triangle({ extensionsRequired: [name] }), 'extensionsRequired', /KHR_draco_mesh_compression/)
  refusedAt(triangle({ accessors, primitive: { extensions: { [name]: {} } } }), 'accessor 0', /by KHR_draco_mesh/)
  refusedAt(triangle({ extensionsRequired: ['EXT_meshopt_compression'] }), 'extensionsRequired', /EXT_meshopt/)
  const harmless = { extensionsRequired: ['KHR_mesh_quantization', 'KHR_materials_unlit'] }
  assert.equal(readScan(triangle(harmless)).triangles.length, 3)
})

test('a refusal names the byte, accessor, buffer view, node, mesh or skin', () => {
  const cases: [change: Parameters<typeof triangle>[0], at: string | RegExp, why: RegExp][] = [
    [{ accessor: { count: 4 } }, 'accessor 0', /4 elements take 48 bytes of the 36 of bufferView 0/],
    [{ accessor: { count: -1 } }, 'accessor 0', /whole number/],
    [{ accessor: { count: 1.5 } }, 'accessor 0', /whole number/],
    [{ accessor: { count: 1e9 } }, 'accessor 0', /more than 4 times over/],
    [{ accessor: { type: 'VEC2' } }, 'accessor 0', /its type should be VEC3/],
    [{ accessor: { componentType: 5124 } }, 'accessor 0', /no component type 5124/],
    [{ accessor: { byteOffset: 8 } }, 'accessor 0', /take 44 bytes/],
    [{ accessor: { bufferView: 9 } }, 'accessor 0', /no bufferView 9/],
    [{ accessor: { bufferView: undefined } }, 'accessor 0', /has no bytes/],
    [{ accessor: { sparse: { count: 4 } } }, 'accessor 0', /4 other values for 3/],
    [{ view: { byteLength: 1e6 } }, 'bufferView 0', /ends at byte 1000000/],
    [{ view: { byteOffset: 20 } }, 'bufferView 0', /ends at byte 56/],
    [{ view: { byteStride: 4 } }, 'bufferView 0', /a stride of 4/],
    [{ view: { buffer: 1 } }, 'bufferView 0', /no buffer 1/],
    [{ buffers: [{ uri: 'a.bin', byteLength: 36 }] }, 'bufferView 0', /not in this file/],
    [{ primitive: { indices: 1 } }, 'mesh 0, primitive 0', /no vertex 3 of 3/],
    [{ primitive: { indices: 0 } }, 'accessor 0', /its type should be SCALAR/],
    [{ primitive: { indices: 7 } }, 'mesh 0, primitive 0', /no accessor 7/],
    [{ primitive: { mode: 7 } }, 'mesh 0, primitive 0', /no mode 7/],
    [{ primitive: { attributes: {} } }, 'mesh 0, primitive 0', /whole number/],
    [{ meshes: 7 }, 'meshes', /a list/],
    [{ nodes: [{ mesh: 1 }] }, 'node 0', /no mesh 1/],
    [{ nodes: [{ mesh: 0, skin: 0 }] }, 'node 0', /no skin 0/],
    [{ nodes: [null] }, 'node 0', /an object/],
    [{ nodes: [{ mesh: 0, children: [0] }] }, 'node 0', /its own ancestor/],
    [{ nodes: [{ children: [1] }, { children: [0], mesh: 0 }] }, 'node 0', /its own ancestor/],
    [{ nodes: [{ children: [2] }, { children: [2] }, { mesh: 0 }] }, 'node 2', /nodes 0 and 1 both/],
    [{ nodes: [{ mesh: 0, matrix: [1, 2, 3] }] }, 'node 0', /16 numbers/],
    [{ nodes: [{ mesh: 0, rotation: [0, 0, 0, 0] }] }, 'node 0', /no quaternion/],
    [{ nodes: [{ mesh: 0, scale: [1e300, 1, 1], translation: [1e300, 0, 0] }] }, /^mesh 0/, /vertex 0 lies at 1e\+300/],
    [{ scene: 1, scenes: [{}] }, 'scene', /no scene 1/],
    [{ nodes: [{ mesh: 0, skin: 0 }], skins: [{ joints: [] }] }, 'skin 0', /no joints/],
  ]
  for (const [change, at, why] of cases) refusedAt(triangle(change), at, why)
})

test('chunks that do not fit into the file, and JSON that is none, are refused', () => {
  const view = (at: number, value: number) => {
    const bytes = glbScene.slice()
    new DataView(bytes.buffer).setUint32(at, value, true)
    return bytes
  }
  refusedAt(view(4, 1), 'byte 4', /version 1/)
  refusedAt(view(8, 1e9), 'byte 8', /has 1000000000 bytes/)
  refusedAt(view(12, 4e9), 'byte 12', /a chunk of 4000000000 bytes/)
  refusedAt(view(16, 0), 'byte 16', /not JSON/)
  refusedAt(glbScene.subarray(0, 15), 'byte 15', /within its header/)
  const json = (text: string) => glbChunks(new TextEncoder().encode(text), new Uint8Array())
  refusedAt(json('{"asset":'), 'the JSON chunk', /not JSON/)
  refusedAt(json('[]'), 'the JSON chunk', /an object/)
  refusedAt(glbChunks(new Uint8Array([0x22, 0xff, 0x22]), new Uint8Array()), 'the JSON chunk', /not JSON in UTF-8/)
  refusedAt(json('['.repeat(1_000_000)), 'the JSON chunk', /nested more than 64 deep/)
  assert.throws(() => readScan(json('{"__proto__":{"nodes":[{"mesh":0}]},"asset":{"version":"2.0"}}')), {
    code: 'SCAN_EMPTY',
  })
})

test('a small file cannot show one mesh without end, nor read its bytes again and again', () => {
  const many = Array.from({ length: 20_000 }, () => 0)
  const scenes = [{ nodes: many.map((_, i) => i) }]
  const points = { mode: 0 }
  const nodes = many.map(() => ({ mesh: 0 }))
  const start = performance.now()
  // many nodes are still fewer than the JSON that names them
  assert.equal(readScan(triangle({ nodes, scenes })).triangles.length / 3, many.length)
  const primitives = many.map(() => ({ attributes: { POSITION: 0 }, ...points }))
  refusedAt(triangle({ nodes, scenes, meshes: [{ primitives }] }), /primitive/, /more than 65536 are shown/)
  const accessors = many.map(() => ({ bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' }))
  const meshes = [{ primitives: many.map((_, i) => ({ attributes: { POSITION: i } })) }]
  refusedAt(triangle({ accessors, meshes }), /^accessor/, /more than 4 times over/)
  assert.ok(performance.now() - start < 2000)
})

test('a strip of one corner again and again is no triangle, and still takes its share of what is shown', () => {
  const length = 20_000
  const strip = (nodes: number) =>
    glbFile(
      {
        nodes: Array.from({ length: nodes }, () => ({ mesh: 0 })),
        meshes: [{ primitives: [{ attributes: { POSITION: 0 }, indices: 1, mode: 5 }] }],
        bufferViews: [
          { buffer: 0, byteLength: 36 },
          { buffer: 0, byteLength: length, byteOffset: 36 },
        ],
        accessors: [
          { bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' },
          { bufferView: 1, componentType: 5121, count: length, type: 'SCALAR' },
        ],
      },
      bytesOf([
        ['f4', 0, 0, 0, 1, 0, 0, 0, 1, 0],
        ['u1', ...Array.from({ length }, (_, i) => (i < 3 ? i : 2))],
      ]),
    )
  assert.equal(readScan(strip(2)).triangles.length, 6)
  assert.throws(() => readScan(strip(200)), { code: 'SCAN_TOO_LARGE' })
})

test('JSON of objects without number is refused before any is made', () => {
  const json = new TextEncoder().encode(`{"nodes":[${'{},'.repeat(300_000)}{}]}`)
  refusedAt(glbChunks(json, new Uint8Array()), 'the JSON chunk', /it has 300003 objects and lists/)
})

test('a chain of nodes of any depth is walked without recursion', () => {
  const depth = 100_000
  const nodes = Array.from({ length: depth }, (_, i) => (i + 1 < depth ? { children: [i + 1] } : { mesh: 0 }))
  assert.equal(readScan(triangle({ nodes, scenes: [{ nodes: [0] }] })).triangles.length, 3)
})
