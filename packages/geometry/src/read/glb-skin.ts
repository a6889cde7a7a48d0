import { compose, identity, type Mat4 } from '../mesh/matrix.ts'
import { type Accessor, type Accessors } from './glb-accessor.ts'
import { type Json, list, record, referred, whole } from './glb-json.ts'
import { unreadable } from './unreadable.ts'

/** For each skin, once it is asked for: what each of its joints does to a vertex as the mesh has it. */
export function jointsOf(gltf: Json, accessors: Accessors, world: ReadonlyMap<number, Mat4>) {
  const nodes = list(gltf.nodes, 'nodes')
  const known = new Map<number, readonly Mat4[]>()
  return (skin: number): readonly Mat4[] => {
    const before = known.get(skin)
    if (before) return before
    const at = `skin ${skin}`
    const json = record(list(gltf.skins, 'skins')[skin], at)
    const joints = list(json.joints, at).map((node) => world.get(referred(nodes, node, at, 'node')) ?? identity)
    if (joints.length === 0) throw unreadable('glb', at, 'it has no joints')
    const inverse =
      json.inverseBindMatrices === undefined ? undefined : accessors.read(whole(json.inverseBindMatrices, at), ['MAT4'])
    if (inverse && inverse.count < joints.length) throw unreadable('glb', at, 'it has fewer matrices than joints')
    const matrices = joints.map((joint, i) => (inverse ? compose(joint, inRows(inverse.values, 16 * i)) : joint))
    known.set(skin, matrices)
    return matrices
  }
}

function inRows(values: Float64Array, at: number): Mat4 {
  const [a, b, c, , d, e, f, , g, h, i, , x, y, z] = values.subarray(at, at + 16)
  return [a, d, g, x, b, e, h, y, c, f, i, z, 0, 0, 0, 1]
}

/** Pairs of accessors JOINTS_n and WEIGHTS_n: four joints a vertex each. */
export type Influences = readonly { joints: Accessor; weights: Accessor }[]

/** Into `out`: the joints' matrices mixed by their weights at one vertex. A vertex without weights stays in place. */
export function mixed(joints: readonly Mat4[], influences: Influences, vertex: number, at: string, out: number[]) {
  let sum = 0
  out.fill(0)
  for (const { joints: numbers, weights } of influences) {
    for (let k = 4 * vertex; k < 4 * vertex + 4; k++) {
      const weight = weights.values[k]
      if (weight === 0) continue
      const joint = joints[numbers.values[k]]
      if (!joint)
        throw unreadable('glb', at, `vertex ${vertex} hangs on joint ${numbers.values[k]} of ${joints.length}`)
      sum += weight
      for (let i = 0; i < 12; i++) out[i] += weight * joint[i]
    }
  }
  for (let i = 0; i < 12; i++) out[i] = sum === 0 ? identity[i] : out[i] / sum
}
