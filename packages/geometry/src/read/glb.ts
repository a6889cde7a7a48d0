import { type Mat4 } from '../mesh/matrix.ts'
import { type Scan } from '../mesh/mesh.ts'
import { colorsOf, finished } from './finish.ts'
import { accessorsOf } from './glb-accessor.ts'
import { type Draw, drawMesh, type Drawing, emptyDrawing } from './glb-draw.ts'
import { type Json, list, nameOf, parseJson, record, referred } from './glb-json.ts'
import { type Node, nodesOf } from './glb-nodes.ts'
import { jointsOf } from './glb-skin.ts'
import { type Limits, unreadable } from './unreadable.ts'

const JSON_CHUNK = 0x4e4f534a
const BIN_CHUNK = 0x004e4942

/**
 * A GLB file (glTF 2.0, Khronos 2021): all meshes of its scene with their nodes' transforms, one part each; triangles,
 * strips, fans and points. Skinned meshes stand as their joints' nodes do, as in a viewer before anything moves.
 * glTF doubles vertices wherever a texture or a sharp edge needs it: within a part, those at exactly one place become
 * one again. Metres, y up.
 * @throws GeometryRefusal SCAN_UNREADABLE at "byte 12", "accessor 2", "node 5", "mesh 0, primitive 1"; also, by name,
 * for an extension that the file requires and that changes what is read (Draco); SCAN_TOO_LARGE, SCAN_EMPTY
 */
export function readGlb(bytes: Uint8Array, limits: Limits): Scan {
  const { json, bin } = chunks(bytes)
  const gltf = parseJson(json)
  refuseExtensions(gltf)
  const { shown, world } = nodesOf(gltf)
  const accessors = accessorsOf(gltf, bin)
  const joints = jointsOf(gltf, accessors, world)
  // a small file could show one mesh without end: four times what its bytes could hold at most
  const most = {
    ...limits,
    maxVertices: Math.min(limits.maxVertices, 4 * bytes.length),
    maxTriangles: Math.min(limits.maxTriangles, 4 * bytes.length),
  }
  const drawing = emptyDrawing(gltf, accessors, most)
  const parts: { name: string; from: number; to: number }[] = []
  for (const node of shown) {
    const draw = drawOf(gltf, node, world, joints)
    if (!draw) continue
    const from = drawing.triangles
    drawMesh(drawing, draw)
    parts.push({ name: draw.name, from, to: drawing.triangles })
  }
  return scanOf(
    gltf,
    drawing,
    parts.filter((part) => part.to > part.from),
  )
}

/** @throws GeometryRefusal when the lengths that the file states do not fit into it */
function chunks(bytes: Uint8Array): { json: Uint8Array; bin: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const refuse = (byte: number, why: string) => unreadable('glb', `byte ${byte}`, why)
  if (bytes.length < 20) throw refuse(bytes.length, 'the file ends within its header')
  const version = view.getUint32(4, true)
  if (version !== 2) throw refuse(4, `version ${version}; only glTF 2 is read`)
  const length = view.getUint32(8, true)
  if (length > bytes.length) throw refuse(8, `the file says it has ${length} bytes, and has ${bytes.length}`)
  let json: Uint8Array | undefined
  let bin: Uint8Array | undefined
  for (let at = 12; at + 8 <= length;) {
    const size = view.getUint32(at, true)
    const type = view.getUint32(at + 4, true)
    if (at + 8 + size > length) throw refuse(at, `a chunk of ${size} bytes, of which the file holds ${length - at - 8}`)
    if (at === 12 && type !== JSON_CHUNK) throw refuse(at + 4, 'the first chunk is not JSON')
    const chunk = bytes.subarray(at + 8, at + 8 + size)
    if (type === JSON_CHUNK) json ??= chunk
    if (type === BIN_CHUNK) bin ??= chunk
    at += 8 + size + ((4 - (size % 4)) % 4)
  }
  if (!json) throw refuse(12, 'there is no JSON chunk')
  return { json, bin: bin ?? new Uint8Array() }
}

/** Required extensions that change nothing of where the points are, or nothing that is not read anyway. */
const harmless = /^(KHR_mesh_quantization|KHR_texture_\w+|KHR_materials_\w+|EXT_texture_\w+|KHR_lights_punctual)$/

function refuseExtensions(gltf: Json) {
  for (const value of list(gltf.extensionsRequired, 'extensionsRequired')) {
    const name = nameOf(value) ?? ''
    if (harmless.test(name)) continue
    throw unreadable('glb', 'extensionsRequired', `the file needs ${name}, which is not read: save it without`)
  }
}

function drawOf(gltf: Json, node: Node, world: ReadonlyMap<number, Mat4>, joints: (skin: number) => readonly Mat4[]) {
  if (node.json.mesh === undefined) return undefined
  const at = `node ${node.index}`
  const meshes = list(gltf.meshes, 'meshes')
  const mesh = referred(meshes, node.json.mesh, at, 'mesh')
  const json = record(meshes[mesh], `mesh ${mesh}`)
  const skin =
    node.json.skin === undefined ? undefined : referred(list(gltf.skins, 'skins'), node.json.skin, at, 'skin')
  const matrix = world.get(node.index)
  if (!matrix) throw unreadable('glb', at, 'it has no place')
  return {
    name: node.name ?? nameOf(json.name) ?? `mesh ${mesh}`,
    mesh,
    primitives: list(json.primitives, `mesh ${mesh}`),
    matrix,
    joints: skin === undefined ? undefined : joints(skin),
  } satisfies Draw
}

function scanOf(gltf: Json, drawing: Drawing, parts: NonNullable<Scan['parts']>): Scan {
  const { vertices, triangles, normals, colors } = drawing
  const asset = record(gltf.asset ?? {}, 'asset')
  const notes = [nameOf(asset.generator), nameOf(asset.copyright)].filter((note) => note !== undefined)
  if (drawing.lines > 0) notes.push(`primitives of lines, left out: ${drawing.lines}`)
  if (drawing.nowhere > 0) notes.push(`points without a place (NaN or infinite), left out: ${drawing.nowhere}`)
  if (drawing.morphed) notes.push('the file has morph targets: not applied')
  const scan: Scan = {
    format: 'glb',
    unit: 'm',
    positions: drawing.positions.slice(0, 3 * vertices),
    triangles: drawing.corners.slice(0, 3 * triangles),
    ...(normals && { normals: unitLong(normals.slice(0, 3 * vertices)) }),
    ...(colors && { colors: colorsOf(colors.subarray(0, 3 * vertices), 1) }),
    ...(parts.length > 0 && { parts }),
    notes,
  }
  return finished(scan, (vertex) => `vertex ${vertex} of the scene`)
}

function unitLong(normals: Float64Array): Float64Array {
  for (let i = 0; i < normals.length; i += 3) {
    const size = Math.hypot(normals[i], normals[i + 1], normals[i + 2])
    if (size > 0) for (let axis = 0; axis < 3; axis++) normals[i + axis] /= size
  }
  return normals
}
