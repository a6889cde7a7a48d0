import { compose, identity, type Mat4 } from '../mesh/matrix.ts'
import { type Json, list, nameOf, numbers, record, referred } from './glb-json.ts'
import { unreadable } from './unreadable.ts'

export interface Node {
  readonly index: number
  readonly json: Json
  readonly name: string | undefined
  readonly children: readonly number[]
}

export interface Nodes {
  /** Those of the scene that is shown, parents before children. */
  readonly shown: readonly Node[]
  /** Where each node's own coordinates lie in the scene. */
  readonly world: ReadonlyMap<number, Mat4>
}

/**
 * The node trees of a glTF. Each node has one parent at most, so that trees are gone through in linear time, with a
 * list of what is still to do instead of recursion: depth is no danger.
 * @throws GeometryRefusal SCAN_UNREADABLE for nodes that are their own ancestors or have two parents
 */
export function nodesOf(gltf: Json): Nodes {
  const nodes = list(gltf.nodes, 'nodes').map((value, index): Node => {
    const at = `node ${index}`
    const json = record(value, at)
    return { index, json, name: nameOf(json.name), children: children(json, gltf, at) }
  })
  const parents = new Int32Array(nodes.length).fill(-1)
  for (const node of nodes) {
    for (const child of node.children) {
      if (parents[child] >= 0)
        throw unreadable('glb', `node ${child}`, `nodes ${parents[child]} and ${node.index} both have it as a child`)
      parents[child] = node.index
    }
  }
  const world = new Map<number, Mat4>()
  const roots = nodes.filter((node) => parents[node.index] < 0).map((node) => node.index)
  for (const node of below(nodes, roots)) {
    const parent = world.get(parents[node.index])
    const local = localMatrix(node)
    world.set(node.index, parent ? compose(parent, local) : local)
  }
  const lost = nodes.find((node) => !world.has(node.index))
  if (lost) throw unreadable('glb', `node ${lost.index}`, 'it is its own ancestor')
  return { shown: below(nodes, sceneRoots(gltf) ?? roots), world }
}

const children = (json: Json, gltf: Json, at: string) => {
  const all = list(gltf.nodes, 'nodes')
  return list(json.children, at).map((child) => referred(all, child, at, 'node'))
}

/** The roots and all below them, each once. */
function below(nodes: readonly Node[], roots: readonly number[]): Node[] {
  const seen = new Uint8Array(nodes.length)
  const out: Node[] = []
  const todo = roots.toReversed()
  for (let index = todo.pop(); index !== undefined; index = todo.pop()) {
    if (seen[index] === 1) continue
    seen[index] = 1
    out.push(nodes[index])
    for (let i = nodes[index].children.length - 1; i >= 0; i--) todo.push(nodes[index].children[i])
  }
  return out
}

/** The nodes of the scene to be shown: the one that is named, or else the first; undefined when there is no scene. */
function sceneRoots(gltf: Json): readonly number[] | undefined {
  const scenes = list(gltf.scenes, 'scenes')
  if (scenes.length === 0) return undefined
  const index = gltf.scene === undefined ? 0 : referred(scenes, gltf.scene, 'scene', 'scene')
  const at = `scene ${index}`
  const nodes = list(gltf.nodes, 'nodes')
  return list(record(scenes[index], at).nodes, at).map((node) => referred(nodes, node, at, 'node'))
}

/** Into the parent's coordinates, from a matrix in columns or from a shift, a turn and a scale. */
function localMatrix({ json, index }: Node): Mat4 {
  const at = `node ${index}`
  const m = numbers(json.matrix, 16, at)
  if (m) {
    if (m[3] !== 0 || m[7] !== 0 || m[11] !== 0 || m[15] !== 1) throw unreadable('glb', at, 'its matrix is not affine')
    return [m[0], m[4], m[8], m[12], m[1], m[5], m[9], m[13], m[2], m[6], m[10], m[14], 0, 0, 0, 1]
  }
  const shift = numbers(json.translation, 3, at)
  const turn = numbers(json.rotation, 4, at)
  const size = numbers(json.scale, 3, at)
  if (!shift && !turn && !size) return identity
  const [sx, sy, sz] = size ?? [1, 1, 1]
  const rows = turned(turn ?? [0, 0, 0, 1], at)
  const affine = rows.flatMap(([x, y, z], row) => [x * sx, y * sy, z * sz, shift?.[row] ?? 0])
  return [...affine, 0, 0, 0, 1]
}

/** The 3x3 matrix of a quaternion x y z w, in rows. */
function turned(quaternion: readonly number[], at: string): readonly (readonly number[])[] {
  const size = Math.hypot(...quaternion)
  if (!(size > 0 && size < Infinity)) throw unreadable('glb', at, 'its rotation is no quaternion')
  const [x, y, z, w] = quaternion.map((q) => q / size)
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ]
}
