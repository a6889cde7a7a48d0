import { distance, perpendicular, cross, step, subtract, unit, type Vec3 } from '../mesh/vector.ts'
import { nearestPoint, type Surface } from './nearest.ts'
import { castRay, windingAt } from './rays.ts'

export interface Bore {
  /** the largest ball that passes all along with its middle on the line, mm; 0 where the line runs through material */
  readonly diameterMm: number
  /** where it is narrowest */
  readonly narrowest: Vec3
  /** whether such a ball gets out at the path's first and last point */
  readonly open: readonly [boolean, boolean]
}

/** Ways out that are tried at each end: within 60° of where the path points. */
const ways = 64
/** A ball gets out when it has this share of the bore's width on its way. */
const passes = 0.9

/**
 * The free diameter of a tunnel along its given centre line: the least distance to the body's surface from any point
 * of it, twice. The line is walked in steps of a tenth of what is free around it (no less than 0.01 mm): between two
 * steps the distance cannot fall by more than that.
 *
 * An end is open when from there a straight way leads out of the body altogether, with nearly as much room around its
 * first stretch (three radii) as in the bore: a blind end has none, a pinhole in a membrane too little.
 * @param path two places or more, end to end
 * @throws RangeError for a path without length
 */
export function boreOf(surface: Surface, path: readonly Vec3[]): Bore {
  const runs = path.some((point, i) => i > 0 && distance(path[i - 1], point) > 0)
  if (!runs) throw new RangeError('a bore runs from somewhere to somewhere')
  let least = Infinity
  let narrowest = path[0]
  for (let i = 1; i < path.length; i++) {
    const long = distance(path[i - 1], path[i])
    const towards = unit(subtract(path[i], path[i - 1]))
    for (let s = 0; s <= long;) {
      const p = step(path[i - 1], towards, s)
      const free = nearestPoint(surface, p[0], p[1], p[2])
      if (free < least) {
        least = free
        narrowest = p
      }
      s = s < long ? Math.min(long, s + Math.max(0.01, free / 10)) : Infinity
    }
  }
  // a line that enters the material crosses the surface, so that only one that lies in it all along is left to find
  const inside = least > 0 && windingAt(surface.cells, path[0][0], path[0][1], path[0][2]) !== 0
  if (inside || crossesSurface(surface, path)) return { diameterMm: 0, narrowest, open: [false, false] }
  const last = path.length - 1
  const open = [
    getsOut(surface, path[0], unit(subtract(path[0], path[1])), least),
    getsOut(surface, path[last], unit(subtract(path[last], path[last - 1])), least),
  ] as const
  return { diameterMm: 2 * least, narrowest, open }
}

const crossesSurface = (surface: Surface, path: readonly Vec3[]) =>
  path.slice(1).some((to, i) => {
    const long = distance(path[i], to)
    return long > 0 && !freeWay(surface, path[i], unit(subtract(to, path[i])), long)
  })

/** Whether a ray meets nothing of the surface for so long. */
function freeWay({ cells }: Surface, [x, y, z]: Vec3, [dx, dy, dz]: Vec3, mm: number): boolean {
  let free = true
  castRay(cells, x, y, z, dx, dy, dz, mm, () => {
    free = false
    return -1
  })
  return free
}

function getsOut(surface: Surface, from: Vec3, ahead: Vec3, radius: number): boolean {
  const across = perpendicular(ahead)
  const up = cross(ahead, across)
  for (let n = 0; n < ways; n++) {
    // a spiral over the cap of 60° about the way ahead (Vogel 1979), the middle first
    const cosine = 1 - (0.5 * n) / ways
    const sine = Math.sqrt(1 - cosine * cosine)
    const turn = n * Math.PI * (3 - Math.sqrt(5))
    const way = step(
      step([ahead[0] * cosine, ahead[1] * cosine, ahead[2] * cosine], across, sine * Math.cos(turn)),
      up,
      sine * Math.sin(turn),
    )
    let free = freeWay(surface, from, way, Infinity)
    for (let s = 0; free && s <= 3 * radius; s += radius / 5) {
      const p = step(from, way, s)
      free = nearestPoint(surface, p[0], p[1], p[2], radius * passes) === Infinity
    }
    if (free) return true
  }
  return false
}
