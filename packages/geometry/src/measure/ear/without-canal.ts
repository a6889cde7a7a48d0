import { type Mesh, submesh } from '../../mesh/mesh.ts'
import { between, cross, distance, dot, subtract, type Vec3 } from '../../mesh/vector.ts'
import type { CanalReading } from './canal.ts'

/**
 * The scan with its canal closed at the entrance: what lies deeper along the centre line goes, and a lid over the
 * entrance's outline takes its place. So the concha's floor is its own, however far the scan looks into the canal.
 */
export function withoutCanal(mesh: Mesh, { sections, entrance }: CanalReading): Mesh {
  // the lid reaches under the skin round the entrance, so that no gap is left beside it
  const outline = (sections[0]?.outline ?? []).map((point) => between(entrance?.point ?? point, point, 1.4))
  if (!entrance || outline.length < 3) return mesh
  // the wall and a little more: less than the lid covers
  const line = sections.map(({ centre, majorMm }) => ({ centre, reach: 1.15 * (majorMm / 2) + 0.4 }))
  const open = submesh(mesh, (t) => !within(middleOf(mesh, t), line, entrance))

  const first = open.positions.length / 3
  const count = outline.length
  const facing = cross(subtract(outline[1], outline[0]), subtract(entrance.point, outline[0]))
  // the lid looks out of the canal
  const order = dot(facing, entrance.inward) < 0 ? [0, 1] : [1, 0]
  const lid = outline.flatMap((_, i) => {
    const ends = [first + i, first + ((i + 1) % count)]
    return [ends[order[0]], ends[order[1]], first + count]
  })
  return {
    positions: Float64Array.from([...open.positions, ...outline.flat(), ...entrance.point]),
    triangles: Uint32Array.from([...open.triangles, ...lid]),
  }
}

/** Behind the entrance's plane and near the centre line. */
function within(
  point: Vec3,
  line: readonly { centre: Vec3; reach: number }[],
  entrance: { point: Vec3; inward: Vec3 },
): boolean {
  if (dot(subtract(point, entrance.point), entrance.inward) < 0.05) return false
  return line.some(({ centre, reach }) => distance(point, centre) < reach)
}

function middleOf({ positions, triangles }: Mesh, t: number): Vec3 {
  const at = (k: number) =>
    (positions[3 * triangles[3 * t] + k] +
      positions[3 * triangles[3 * t + 1] + k] +
      positions[3 * triangles[3 * t + 2] + k]) /
    3
  return [at(0), at(1), at(2)]
}
