import type { Bvh } from '../../mesh/bvh.ts'
import { applyTo, intoFrame, inverse, type Mat4 } from '../../mesh/matrix.ts'
import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { cross, dot, scale, step, unit, type Vec3 } from '../../mesh/vector.ts'
import { type Patches, patchesOf } from '../fit/patch.ts'
import { extentAlong, principalOf } from '../fit/principal.ts'
import { evenSamples, type MirrorPlane, mirrorPlaneNear, searchIn } from '../fit/symmetry.ts'

/** A dental arch in its own frame: x towards the incisors, z out of the gum (the biting side), the midplane at y = 0. */
export interface ArchScan {
  readonly bvh: Bvh
  readonly patches: Patches
  readonly frame: Mat4
  readonly back: Mat4
  readonly midplane: MirrorPlane
}

/** mm: how far below the highest teeth the surface still counts as crowns. */
export const crownDepth = 5

/**
 * Finds how an arch lies. The biting side is the thin direction of the scan, on the side to which the surface faces
 * (a scan from a mouth shows nothing but that side) or, of a closed model, on the rougher one. The level is the plane
 * through the tops of the teeth, the midplane that of mirror symmetry, and the incisors stand at its higher end.
 */
export function archPose(bvh: Bvh): ArchScan | null {
  const { mesh } = bvh
  const { axes, middle } = principalOf(mesh)
  const out = bitingSide(mesh, axes[2])
  const search = searchIn(bvh)
  const few = evenSamples(mesh, 300)
  const tries = [axes[0], axes[1]].map((normal) =>
    mirrorPlaneNear(
      search,
      few,
      { normal, offset: dot(normal, middle) },
      { reaches: [8, 8, 6, 5, 4, 3, 2.5, 2], tolerance: 1.5 },
    ),
  )
  const best = tries[0].agreement >= tries[1].agreement ? tries[0] : tries[1]
  const plane = mirrorPlaneNear(search, evenSamples(mesh, 1500), best, {
    reaches: Array.from({ length: 12 }, () => 2),
    tolerance: 1.5,
  })
  const level = levelOf(mesh, out, plane)
  if (!level) return null
  const { up, ahead, top } = level
  const left = cross(up, ahead)
  const offset = dot(left, plane.normal) > 0 ? plane.offset : -plane.offset
  const origin = step(step(scale(up, top), left, offset), ahead, dot(ahead, middle))
  const frame = intoFrame(ahead, left, up, origin)
  return { bvh, patches: patchesOf(mesh, 1), frame, back: inverse(frame), midplane: plane }
}

function bitingSide(mesh: Mesh, thin: Vec3): Vec3 {
  const faces = faceVectors(mesh)
  const { positions, triangles } = mesh
  let towards = 0
  let all = 0
  // of each side: area, area times height, times height squared
  const sides = [[0, 0, 0], [0, 0, 0]] // prettier-ignore
  for (let t = 0; t < faces.length; t += 3) {
    const along = faces[t] * thin[0] + faces[t + 1] * thin[1] + faces[t + 2] * thin[2]
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    towards += along
    all += Math.abs(along)
    if (Math.abs(along) < 0.3 * size) continue
    const v = 3 * triangles[t]
    const h = positions[v] * thin[0] + positions[v + 1] * thin[1] + positions[v + 2] * thin[2]
    const side = sides[along > 0 ? 0 : 1]
    side[0] += size
    side[1] += size * h
    side[2] += size * h * h
  }
  if (Math.abs(towards) > 0.2 * all) return scale(thin, Math.sign(towards))
  const [a, b] = sides.map(([n, h, hh]) => (n > 0 ? hh / n - (h / n) ** 2 : 0))
  return a >= b ? thin : scale(thin, -1)
}

/** Sectors round the middle of the arch, from the last tooth of one side round the incisors to that of the other. */
const sectors = 44
const halfAngle = 2 // radians to each side of the front

/** The highest vertex of each sector, in the axes ahead, across and up: x y z each, NaN where a sector is empty. */
function topsOf(
  { positions }: Mesh,
  axes: readonly [Vec3, Vec3, Vec3],
  middle: readonly [number, number],
): Float64Array {
  const out = new Float64Array(3 * sectors).fill(NaN)
  const [ahead, across, up] = axes
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i] * ahead[0] + positions[i + 1] * ahead[1] + positions[i + 2] * ahead[2]
    const y = positions[i] * across[0] + positions[i + 1] * across[1] + positions[i + 2] * across[2]
    const angle = Math.atan2(y - middle[1], x - middle[0])
    if (Math.abs(angle) >= halfAngle) continue
    const sector = Math.floor(((angle + halfAngle) / (2 * halfAngle)) * sectors)
    const z = positions[i] * up[0] + positions[i + 1] * up[1] + positions[i + 2] * up[2]
    if (!(z <= out[3 * sector + 2])) out.set([x, y, z], 3 * sector)
  }
  return out
}

/**
 * The level of the teeth: the plane, leaning only forward and back, through the highest places of the sectors round
 * the arch; sectors that lie more than 2.5 mm under it (gaps, gum behind the last tooth) do not count.
 */
function levelOf(mesh: Mesh, out: Vec3, plane: MirrorPlane): { up: Vec3; ahead: Vec3; top: number } | null {
  const across = plane.normal
  let up = unit(step(out, across, -dot(out, across)))
  let ahead = frontwards(mesh, plane, up)
  let top = 0
  for (let round = 0; round < 20; round++) {
    const reach = extentAlong(mesh, ahead)
    const back = reach.middle - reach.size / 2 + 0.35 * reach.size
    const tops = topsOf(mesh, [ahead, across, up], [back, plane.offset])
    let line = { slope: 0, at: Infinity }
    for (let trim = 0; trim < 6; trim++) {
      let [n, x, z, xx, xz] = [0, 0, 0, 0, 0]
      for (let i = 0; i < tops.length; i += 3) {
        if (Number.isNaN(tops[i])) continue
        if (line.at < Infinity && tops[i + 2] < line.at + line.slope * (tops[i] - back) - 2.5) continue
        const dx = tops[i] - back
        n++
        x += dx
        z += tops[i + 2]
        xx += dx * dx
        xz += dx * tops[i + 2]
      }
      const spread = xx - (x * x) / n
      if (n < 10 || !(spread > 0)) return null
      const slope = (xz - (x * z) / n) / spread
      line = { slope, at: (z - slope * x) / n }
    }
    top = line.at
    const next = unit(step(up, ahead, -line.slope))
    up = next
    ahead = unit(step(ahead, up, -dot(ahead, up)))
    if (Math.abs(line.slope) < 1e-9) break
    if (Math.abs(line.slope) > 0.6) return null
  }
  return { up, ahead, top }
}

/** Towards the incisors: the end of the midplane that is higher. */
function frontwards({ positions }: Mesh, { normal, offset }: MirrorPlane, up: Vec3): Vec3 {
  const ahead = cross(normal, up)
  const reach = extentAlong({ positions, triangles: new Uint32Array() }, ahead)
  const tops = [-Infinity, -Infinity]
  for (let i = 0; i < positions.length; i += 3) {
    const aside = positions[i] * normal[0] + positions[i + 1] * normal[1] + positions[i + 2] * normal[2] - offset
    if (Math.abs(aside) > 6) continue
    const at = positions[i] * ahead[0] + positions[i + 1] * ahead[1] + positions[i + 2] * ahead[2] - reach.middle
    const height = positions[i] * up[0] + positions[i + 1] * up[1] + positions[i + 2] * up[2]
    if (at > 0.1 * reach.size) tops[1] = Math.max(tops[1], height)
    if (at < -0.1 * reach.size) tops[0] = Math.max(tops[0], height)
  }
  return tops[1] >= tops[0] ? ahead : scale(ahead, -1)
}

/** A place of the scan in the arch's frame. */
export const inArch = ({ frame }: Pick<ArchScan, 'frame'>, place: Vec3) => applyTo(frame, place)
