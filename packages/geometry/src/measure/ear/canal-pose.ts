import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { cross, dot, unit, type Vec3 } from '../../mesh/vector.ts'
import { principalOf } from '../fit/principal.ts'

/**
 * Axes that move, turn and mirror with a surface, and do not hang on the order of its triangles: what is looked for from
 * directions and places told in them is found the same way in any pose. They may be left-handed.
 */
export interface OwnAxes {
  readonly middle: Vec3
  readonly axes: readonly [Vec3, Vec3, Vec3]
}

/** The principal axes, each pointing to where the surface reaches out farther (its third moment is positive). */
export function ownAxes(mesh: Mesh): OwnAxes {
  const { middle, axes } = principalOf(mesh)
  const { positions, triangles } = mesh
  const faces = faceVectors(mesh)
  const third = [0, 0, 0]
  for (let t = 0; t < triangles.length; t += 3) {
    const weight = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    const x = (positions[a] + positions[b] + positions[c]) / 3 - middle[0]
    const y = (positions[a + 1] + positions[b + 1] + positions[c + 1]) / 3 - middle[1]
    const z = (positions[a + 2] + positions[b + 2] + positions[c + 2]) / 3 - middle[2]
    for (let k = 0; k < 3; k++) third[k] += weight * (x * axes[k][0] + y * axes[k][1] + z * axes[k][2]) ** 3
  }
  const pointed = (k: number): Vec3 => (third[k] < 0 ? [-axes[k][0], -axes[k][1], -axes[k][2]] : axes[k])
  return { middle, axes: [pointed(0), pointed(1), pointed(2)] }
}

/** From a direction told in own axes to space. */
export const inSpace = ({ axes: [a, b, c] }: OwnAxes, [x, y, z]: Vec3): Vec3 => [
  x * a[0] + y * b[0] + z * c[0],
  x * a[1] + y * b[1] + z * c[1],
  x * a[2] + y * b[2] + z * c[2],
]

/** Where a point lies, in own axes. */
export function inOwn({ middle, axes }: OwnAxes, point: Vec3): Vec3 {
  const away: Vec3 = [point[0] - middle[0], point[1] - middle[1], point[2] - middle[2]]
  return [dot(away, axes[0]), dot(away, axes[1]), dot(away, axes[2])]
}

/** A direction at right angles to another, chosen by the own axes. */
export function beside({ axes }: OwnAxes, direction: Vec3): Vec3 {
  const off = axes.map((axis) => Math.abs(dot(axis, direction)))
  const least = off[0] <= off[1] && off[0] <= off[2] ? 0 : off[1] <= off[2] ? 1 : 2
  return unit(cross(direction, axes[least]))
}
