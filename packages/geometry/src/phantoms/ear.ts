import { roundSubtract } from '../field/combine.ts'
import { distanceGrid } from '../field/distance.ts'
import { interpolated, latticeOver } from '../field/grid.ts'
import { tube } from '../field/strokes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { type Mesh, submesh } from '../mesh/mesh.ts'
import { componentsOf } from '../mesh/topology.ts'
import type { Vec3 } from '../mesh/vector.ts'

/**
 * A scanned ear (the HUTUBS ear in its own frame) with a canal bored into it: no public scan shows both. The skin is
 * taken as a solid, a bent tube is cut out of it behind the tragus, and the surface is drawn anew as an open scan.
 */
export function earWithCanal(ear: Mesh): { mesh: Mesh; path: readonly Vec3[]; radii: readonly number[] } {
  const [low, high]: [Vec3, Vec3] = [
    [3, 3, 44],
    [67, 77, 93],
  ]
  const box = { min: low, max: high }
  const skin = interpolated(distanceGrid(ear, latticeOver(box, 0.6), 4))
  const path: Vec3[] = [
    [29, 32.5, 71],
    [28, 33, 66],
    [27, 33, 60],
    [24, 34, 54],
    [22, 35, 48.5],
  ]
  const radii = [4.3, 4.2, 4, 3.8, 3.5]
  const solid = surfaceOfSdf(roundSubtract(skin, tube(path, radii), 1), box, 0.5)
  // the block's own sides and bottom are no skin
  const onSide = (v: number) =>
    [0, 1].some((k) => {
      const at = solid.positions[3 * v + k]
      return at < low[k] + 0.9 || at > high[k] - 0.9
    }) || solid.positions[3 * v + 2] < low[2] + 0.9
  const open = submesh(solid, (t) => ![0, 1, 2].every((corner) => onSide(solid.triangles[3 * t + corner])))
  const pieces = componentsOf(open)
  return { mesh: submesh(open, (t) => pieces.of[t] === 0), path, radii }
}
