import { joined } from '../write/bytes.ts'

/**
 * Small valid files of every format and flavour, made by hand and not by this library's writers: what tests read and
 * what fuzzing starts from. All hold a cube of side 2, or points, unless they say otherwise.
 */

type NumberType = 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'f4' | 'f8'
/** A text as it is, or numbers of a type. */
export type Piece = string | readonly [type: NumberType, ...values: readonly number[]]

const setters: Record<NumberType, (view: DataView, at: number, value: number, little: boolean) => void> = {
  i1: (view, at, value) => view.setInt8(at, value),
  u1: (view, at, value) => view.setUint8(at, value),
  i2: (view, at, value, little) => view.setInt16(at, value, little),
  u2: (view, at, value, little) => view.setUint16(at, value, little),
  i4: (view, at, value, little) => view.setInt32(at, value, little),
  u4: (view, at, value, little) => view.setUint32(at, value, little),
  f4: (view, at, value, little) => view.setFloat32(at, value, little),
  f8: (view, at, value, little) => view.setFloat64(at, value, little),
}

/** The pieces one behind another as bytes. */
export function bytesOf(pieces: readonly Piece[], little = true): Uint8Array {
  const parts = pieces.map((piece) => {
    if (typeof piece === 'string') return new TextEncoder().encode(piece)
    const [type, ...values] = piece
    const size = Number(type[1])
    const view = new DataView(new ArrayBuffer(size * values.length))
    for (const [i, value] of values.entries()) setters[type](view, i * size, value, little)
    return new Uint8Array(view.buffer)
  })
  return joined(parts)
}

export const cubeCorners = [
  [-1, -1, -1],
  [1, -1, -1],
  [1, 1, -1],
  [-1, 1, -1],
  [-1, -1, 1],
  [1, -1, 1],
  [1, 1, 1],
  [-1, 1, 1],
] as const

/** Its six squares, corners anticlockwise from outside. */
export const cubeSquares = [
  [0, 3, 2, 1],
  [4, 5, 6, 7],
  [0, 1, 5, 4],
  [1, 2, 6, 5],
  [2, 3, 7, 6],
  [3, 0, 4, 7],
] as const

const cubeTriangles = cubeSquares.flatMap(([a, b, c, d]) => [
  [a, b, c],
  [a, c, d],
])

export const plyAscii = bytesOf([
  'ply\nformat ascii 1.0\ncomment made by hand\nelement vertex 8\n',
  'property float x\nproperty float y\nproperty float z\nelement face 6\n',
  'property list uchar int vertex_indices\nend_header\n',
  ...cubeCorners.map((corner) => `${corner.join(' ')}\n`),
  ...cubeSquares.map((square) => `4 ${square.join(' ')}\n`),
])

/** Mixed order and types, lists among the vertices, elements before and behind, colours, normals, labels. */
const rich = (format: string, little: boolean) =>
  bytesOf(
    [
      `ply\r\nformat ${format} 1.0\r\ncomment made by hand\r\nobj_info of two minds\r\n`,
      'element camera 2\r\nproperty float focal\r\nproperty list ushort double pose\r\n',
      'element vertex 8\r\nproperty uchar red\r\nproperty uchar green\r\nproperty uchar blue\r\n',
      'property double z\r\nproperty list uchar short seen_by\r\nproperty short y\r\nproperty float x\r\n',
      'property float nx\r\nproperty float ny\r\nproperty float nz\r\nproperty float quality\r\n',
      'element face 12\r\nproperty list uchar float texcoord\r\nproperty ushort label\r\n',
      'property list int uint vertex_index\r\nproperty float area\r\n',
      'element edge 1\r\nproperty int vertex1\r\nproperty int vertex2\r\nend_header\r\n',
      ...[1, 2].flatMap((k): Piece[] => [
        ['f4', 4.5],
        ['u2', k],
        ['f8', ...Array.from({ length: k }, () => 0.25)],
      ]),
      ...cubeCorners.flatMap(([x, y, z], i): Piece[] => [
        ['u1', 10 * i, 20, 255],
        ['f8', z],
        ['u1', i % 3],
        ['i2', ...Array.from({ length: i % 3 }, () => -7)],
        ['i2', y],
        ['f4', x],
        ['f4', x / Math.sqrt(3), y / Math.sqrt(3), z / Math.sqrt(3)],
        ['f4', 0.5],
      ]),
      ...cubeTriangles.flatMap((triangle, t): Piece[] => [
        ['u1', t % 2],
        ['f4', ...Array.from({ length: t % 2 }, () => 0.5)],
        ['u2', Math.floor(t / 2)],
        ['i4', 3],
        ['u4', ...triangle],
        ['f4', 2],
      ]),
      ['i4', 0, 1],
    ],
    little,
  )
export const plyLittle = rich('binary_little_endian', true)
export const plyBig = rich('binary_big_endian', false)

/** Two strips with a stop between them; float colours. */
export const plyStrips = bytesOf([
  'ply\nformat ascii 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\n',
  'property float red\nproperty float green\nproperty float blue\n',
  'element tristrips 1\nproperty list int int vertex_indices\nend_header\n',
  '0 0 0 0 0 0\n1 0 0 1 0 0\n0 1 0 0 1 0\n1 1 0 0 0 1\n0 2 0 1 1 1\n1 2 0 0.5 0.5 0.5\n',
  '8 0 1 2 3 -1 2 3 4\n',
])

/** Points of a depth camera, some of which it did not see. */
export const plyPoints = bytesOf([
  'ply\nformat binary_little_endian 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n',
  'property uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n',
  ...[0, 1, NaN, 3, Infinity].flatMap((x, i): Piece[] => [
    ['f4', x, i, 0],
    ['u1', i, 0, 0],
  ]),
])

export const objGroups = bytesOf([
  '# made by hand\nmtllib none.mtl\no cube\n',
  ...cubeCorners.map((corner, i) => `v ${corner.join(' ')} ${i / 10} 0 1\n`),
  'vt 0 0\nvn 0 0 -1\nvn 0 0 1\nvn 0 -1 0\nvn 1 0 0\nvn 0 1 0\nvn -1 0 0\n',
  'g bottom\nusemtl red\ns off\nf 1//1 4//1 3//1 2//1\n',
  'g top\nf 5/1/2 6/1/2 7/1/2 8/1/2\n',
  'g sides\nusemtl blue\nf -8//3 -7//3 -3//3 \\\n  -4//3\nf 2/1 3/1 7/1 6/1\nf 3 4 8 7\nl 1 2\nf 4 1 5 8\n',
])

export const objPoints = bytesOf(['v 0 0 0\r\nvn 0 0 1\r\nv 1 0 0 1.0\r\nvn 0 1 0\r\nv 0 1 0\r\nvn 1 0 0\r\n'])

export const stlAscii = bytesOf([
  'solid cube of the test\n',
  ...cubeTriangles.map(
    (triangle) =>
      '  facet normal 0 0 0\n    outer loop\n' +
      triangle.map((c) => `      vertex ${cubeCorners[c].map((k) => k.toExponential(6)).join(' ')}\n`).join('') +
      '    endloop\n  endfacet\n',
  ),
  'endsolid cube of the test\n',
])

/** Two solids in capitals, of one triangle each. */
export const stlAsciiTwo = bytesOf(
  ['a', 'b'].map(
    (name, z) =>
      `SOLID ${name}\nFACET NORMAL 0 0 1\nOUTER LOOP\nVERTEX 0 0 ${z}\nVERTEX 1 0 ${z}\nVERTEX 0 1 ${z}\n` +
      'ENDLOOP\nENDFACET\nENDSOLID\n',
  ),
)

/** One whose header begins with "solid", as several programs write it. */
export const stlBinary = bytesOf([
  'solid cube of the test'.padEnd(80),
  ['u4', 12],
  ...cubeTriangles.flatMap((triangle): Piece[] => [
    ['f4', 0, 0, 0],
    ['f4', ...triangle.flatMap((c) => cubeCorners[c])],
    ['u2', 0],
  ]),
])

/** A GLB of this JSON (with asset and buffers added) and binary chunk. */
export function glbFile(json: object, bin: Uint8Array = new Uint8Array()): Uint8Array {
  const whole = { asset: { version: '2.0', generator: 'by hand' }, buffers: [{ byteLength: bin.length }], ...json }
  return glbChunks(new TextEncoder().encode(JSON.stringify(whole)), bin)
}

export function glbChunks(json: Uint8Array, bin: Uint8Array): Uint8Array {
  const words = joined([json, new Uint8Array((4 - (json.length % 4)) % 4).fill(32)])
  const data = joined([bin, new Uint8Array((4 - (bin.length % 4)) % 4)])
  const length = 12 + 8 + words.length + 8 + data.length
  return joined([
    bytesOf(['glTF', ['u4', 2, length, words.length], 'JSON']),
    words,
    bytesOf([['u4', data.length], 'BIN\0']),
    data,
  ])
}

/**
 * Two meshes under a scaled and turned node: triangles from interleaved floats, and a strip from normalised shorts
 * with a sparse change; a primitive of lines beside them.
 */
export const glbScene = glbFile(
  {
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [
      { name: 'root', children: [1, 2], scale: [2, 2, 2] },
      { name: 'left', mesh: 0, translation: [1, 0, 0], rotation: [0, 0, Math.SQRT1_2, Math.SQRT1_2] },
      { mesh: 1, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 5, 1] },
    ],
    meshes: [
      {
        primitives: [
          { attributes: { POSITION: 0, NORMAL: 1, COLOR_0: 2 }, indices: 3 },
          { attributes: { POSITION: 0, NORMAL: 1, COLOR_0: 2 }, mode: 1 },
        ],
      },
      { name: 'strip', primitives: [{ attributes: { POSITION: 4, NORMAL: 1, COLOR_0: 2 }, mode: 5 }] },
    ],
    bufferViews: [
      { buffer: 0, byteLength: 112, byteStride: 28 },
      { buffer: 0, byteOffset: 112, byteLength: 6 },
      { buffer: 0, byteOffset: 120, byteLength: 32, byteStride: 8 },
      { buffer: 0, byteOffset: 152, byteLength: 8 },
      { buffer: 0, byteOffset: 160, byteLength: 8 },
    ],
    accessors: [
      { bufferView: 0, componentType: 5126, count: 4, type: 'VEC3' },
      { bufferView: 0, byteOffset: 12, componentType: 5126, count: 4, type: 'VEC3' },
      { bufferView: 0, byteOffset: 24, componentType: 5121, normalized: true, count: 4, type: 'VEC4' },
      { bufferView: 1, componentType: 5121, count: 6, type: 'SCALAR' },
      {
        bufferView: 2,
        componentType: 5122,
        normalized: true,
        count: 4,
        type: 'VEC3',
        sparse: {
          count: 1,
          indices: { bufferView: 3, componentType: 5123 },
          values: { bufferView: 4 },
        },
      },
    ],
  },
  bytesOf([
    ...[0, 1, 2, 3].flatMap((i): Piece[] => [
      ['f4', i % 2, Math.floor(i / 2), 0, 0, 0, 1],
      ['u1', 255, 51 * i, 0, 255],
    ]),
    ['u1', 0, 1, 2, 2, 1, 3, 0, 0],
    ...[0, 1, 2, 3].map((i): Piece => ['i2', 32767 * (i % 2), 32767 * Math.floor(i / 2), 0, 0]),
    ['u2', 3, 0, 0, 0],
    ['i2', 32767, 32767, 32767, 0],
  ]),
)

/** A triangle that hangs on two joints, one moved by 10. */
export const glbSkin = glbFile(
  {
    nodes: [
      { name: 'arm', mesh: 0, skin: 0, translation: [100, 0, 0] },
      { name: 'still' },
      { name: 'moved', translation: [0, 10, 0] },
    ],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, JOINTS_0: 1, WEIGHTS_0: 2 } }] }],
    skins: [{ joints: [1, 2] }],
    bufferViews: [
      { buffer: 0, byteLength: 36 },
      { buffer: 0, byteOffset: 36, byteLength: 12 },
      { buffer: 0, byteOffset: 48, byteLength: 48 },
    ],
    accessors: [
      { bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' },
      { bufferView: 1, componentType: 5121, count: 3, type: 'VEC4' },
      { bufferView: 2, componentType: 5126, count: 3, type: 'VEC4' },
    ],
  },
  bytesOf([
    ['f4', 0, 0, 0, 1, 0, 0, 0, 1, 0],
    ['u1', 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0],
    ['f4', 1, 0, 0, 0, 1, 0, 0, 0, 0.5, 0.5, 0, 0],
  ]),
)

export const glbPoints = glbFile(
  {
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 }, mode: 0 }] }],
    bufferViews: [{ buffer: 0, byteLength: 36 }],
    accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' }],
  },
  bytesOf([['f4', 0, 0, 0, 1, 0, 0, NaN, 1, 0]]),
)

/** All of them, with what they hold: vertices, triangles. */
export const samples: readonly { name: string; bytes: Uint8Array; vertices: number; triangles: number }[] = [
  { name: 'PLY, ascii', bytes: plyAscii, vertices: 8, triangles: 12 },
  { name: 'PLY, binary little endian', bytes: plyLittle, vertices: 8, triangles: 12 },
  { name: 'PLY, binary big endian', bytes: plyBig, vertices: 8, triangles: 12 },
  { name: 'PLY, strips', bytes: plyStrips, vertices: 6, triangles: 3 },
  { name: 'PLY, points', bytes: plyPoints, vertices: 3, triangles: 0 },
  { name: 'OBJ, groups', bytes: objGroups, vertices: 8, triangles: 12 },
  { name: 'OBJ, points', bytes: objPoints, vertices: 3, triangles: 0 },
  { name: 'STL, ascii', bytes: stlAscii, vertices: 8, triangles: 12 },
  { name: 'STL, ascii, two solids', bytes: stlAsciiTwo, vertices: 6, triangles: 2 },
  { name: 'STL, binary', bytes: stlBinary, vertices: 8, triangles: 12 },
  { name: 'GLB, scene', bytes: glbScene, vertices: 8, triangles: 4 },
  { name: 'GLB, skin', bytes: glbSkin, vertices: 3, triangles: 1 },
  { name: 'GLB, points', bytes: glbPoints, vertices: 2, triangles: 0 },
]
