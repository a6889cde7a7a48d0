import { faceVectors, type Mesh, type Scan } from '../mesh/mesh.ts'

/** What became of the named parts of a file. */
export interface PartsReport {
  readonly kept: readonly string[]
  readonly dropped: readonly string[]
  /** for people: by what it was decided */
  readonly why: string
}

/** Parts that stand in a model for its makers alone: rigs, guides for clothes, boxes that catch the mouse. */
const helperName =
  /(^|[-_ .:])(helpers?|joints?|bones?|dummy|proxy|cage|guides?|locators?|markers?|collision|ctrl)([-_ .:\d]|$)/i

/** What is left without the helpers must be this much of the whole, in reach, or else the names mean something else. */
const reachShare = 0.6

/**
 * Which triangles belong to the thing that the file is about: all, unless names say that some parts are helpers and
 * the rest, by its size, can be the thing alone.
 * @returns per triangle 1 when it is kept, null when all are; and what to say about it, null for a file without parts
 */
export function chosenParts(scan: Mesh & Pick<Scan, 'parts'>): { keep: Uint8Array | null; report: PartsReport | null } {
  const { parts } = scan
  if (!parts || parts.length < 2) return { keep: null, report: null }
  const names = [...new Set(parts.map(({ name }) => name))]
  const helpers = names.filter((name) => helperName.test(name))
  const kept = names.filter((name) => !helperName.test(name))
  if (helpers.length === 0)
    return { keep: null, report: { kept: names, dropped: [], why: 'no part is named as a helper' } }
  const keep = new Uint8Array(scan.triangles.length / 3).fill(1)
  for (const { name, from, to } of parts) if (helperName.test(name)) keep.fill(0, from, to)
  const reach = reachOf(scan, keep) / (reachOf(scan, null) || 1)
  const says = `without the ${helpers.length} parts named as helpers the rest reaches over ${Math.round(100 * reach)} % of the whole`
  if (kept.length === 0 || reach < reachShare || areaShare(scan, keep) < 0.05) {
    return {
      keep: null,
      report: { kept: names, dropped: [], why: `${says}: too little to be the thing itself, so all stay` },
    }
  }
  return { keep, report: { kept, dropped: helpers, why: `${says}: it can be the thing alone` } }
}

/** The diagonal of the box round the triangles that are kept. */
function reachOf({ positions, triangles }: Mesh, keep: Uint8Array | null): number {
  const min = [Infinity, Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  for (let corner = 0; corner < triangles.length; corner++) {
    if (keep && keep[Math.floor(corner / 3)] === 0) continue
    for (let axis = 0; axis < 3; axis++) {
      const value = positions[3 * triangles[corner] + axis]
      if (value < min[axis]) min[axis] = value
      if (value > max[axis]) max[axis] = value
    }
  }
  return max[0] < min[0] ? 0 : Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2])
}

function areaShare(mesh: Mesh, keep: Uint8Array): number {
  const faces = faceVectors(mesh)
  let all = 0
  let mine = 0
  for (let t = 0; t < keep.length; t++) {
    const size = Math.hypot(faces[3 * t], faces[3 * t + 1], faces[3 * t + 2])
    all += size
    mine += size * keep[t]
  }
  return all > 0 ? mine / all : 0
}
