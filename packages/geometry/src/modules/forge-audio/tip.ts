import { add, cross, distance, dot, perpendicular, scale, step, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { Fill } from './fill.ts'

/** A channel that is to leave through the tip. */
export interface Hole {
  name: string
  radiusMm: number
  led: 'down' | 'up'
}

/** The narrowest vent that is made, mm: the trade's pressure vent, a 32nd of an inch. Narrower ones clog, or cure shut. */
const leastVentMm = 0.8

/**
 * A vent's radius, mm, 0 for none.
 * @throws GeometryRefusal DESIGN_OPTION_UNKNOWN for one that is narrower than vents are made
 */
export function ventRadius(ventDiameterMm: number): number {
  if (ventDiameterMm <= 0 || ventDiameterMm >= leastVentMm) return Math.max(0, ventDiameterMm / 2)
  throw new GeometryRefusal(
    'DESIGN_OPTION_UNKNOWN',
    `ventDiameterMm: a vent of ${ventDiameterMm} mm would clog; 0 for none, or ${leastVentMm} mm and more`,
    { option: 'ventDiameterMm', value: String(ventDiameterMm), allowed: ['0', `${leastVentMm} mm and more`] },
  )
}

/** Of the wall that is wanted, this share has to be there round a channel where it leaves. */
export const thinnestWall = 0.7
/** So far before the tip's end the channels in it run straight, mm. */
export const straightMm = 4

/**
 * Where one or two channels leave through a tip in the canal: points of its end, so that the thinnest of the walls round
 * them and between them over their last millimetres is thickest; of places with walls to spare those towards which the
 * channels are led.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED when the canal is too narrow for them
 */
export function holesInTip({ path, tipAlong, untipped }: Fill, holes: readonly Hole[], wallMm: number): Vec3[] {
  const tip = path[path.length - 1]
  const along = tipAlong!
  const u = perpendicular(along)
  const v = cross(along, u)
  const places: { at: Vec3; clear: number }[] = []
  for (let a = -7; a <= 7; a += 0.25) {
    for (let b = -7; b <= 7; b += 0.25) {
      const at = add(tip, add(scale(u, a), scale(v, b)))
      let clear = Infinity
      for (let back = 0; back <= straightMm && clear > 0; back += 0.5) {
        clear = Math.min(clear, -untipped(...step(at, along, -back)))
      }
      if (clear > 0) places.push({ at, clear })
    }
  }
  let best: Vec3[] | null = null
  let most = -Infinity
  const consider = (chosen: readonly { at: Vec3; clear: number }[]) => {
    let wall = Math.min(...chosen.map(({ clear }, i) => clear - holes[i].radiusMm))
    if (chosen.length > 1) {
      wall = Math.min(wall, distance(chosen[0].at, chosen[1].at) - holes[0].radiusMm - holes[1].radiusMm)
    }
    if (wall < thinnestWall * wallMm) return
    const led = chosen.reduce((sum, { at }, i) => sum + (holes[i].led === 'up' ? 1 : -1) * dot(at, [0, 1, 0]), 0)
    const worth = Math.min(wall, 1.3 * wallMm) + 0.02 * led
    if (worth <= most) return
    most = worth
    best = chosen.map(({ at }) => at)
  }
  const fit = holes.map(({ radiusMm }) => places.filter(({ clear }) => clear - radiusMm >= thinnestWall * wallMm))
  for (const one of fit[0]) {
    if (holes.length === 1) consider([one])
    else for (const other of fit[1]) consider([one, other])
  }
  if (best) return best
  const names = holes.map(({ name }) => name)
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `the ${names.join(' and the ')} ${names.length > 1 ? 'have' : 'has'} no room in this canal with walls of ${wallMm} mm`,
    { missing: names.map((name) => `room for the ${name}`) },
  )
}
