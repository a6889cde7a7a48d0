import { svg } from './elements.ts'

// of a picture of 320: its middle, how far the scale reaches, and where what is beyond it is drawn
const [half, room, edge] = [160, 132, 116]

/** A round distance for people. */
export const metresOf = (metres: number): string =>
  metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(metres < 10_000 ? 1 : 0)} km`

const winds = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'] as const
export const windOf = (bearing: number): string => winds[Math.round(bearing / 45) % 8]!

/**
 * Where a tag was read, seen from the address in the middle: a ring at 100 m and one at 300 m, and no map. What is
 * far outside is drawn at the edge, and says how far.
 * @param metres from the address
 * @param bearing degrees clockwise from north
 */
export function ringOf({ metres, bearing }: { metres: number; bearing: number }): SVGElement {
  const isFar = metres > 900
  const scale = room / Math.max(330, Math.min(metres, 900))
  const distance = isFar ? edge : metres * scale
  const turn = (bearing * Math.PI) / 180
  const [x, y] = [half + distance * Math.sin(turn), half - distance * Math.cos(turn)]
  const at = (value: number) => value.toFixed(1)
  const ring = (radius: number, name: string) => [
    svg('circle', { cx: `${half}`, cy: `${half}`, r: at(radius * scale), class: `ring ${name}` }),
    svg('text', { x: `${half}`, y: at(half + radius * scale + 13), class: 'label' }, `${radius} m`),
  ]
  const where = `The tag was read ${metresOf(metres)} ${windOf(bearing)} of the address.`
  return svg(
    'svg',
    {
      viewBox: '0 0 320 320',
      role: 'img',
      'aria-label': `${where} Rings are at 100 and 300 metres.`,
      class: 'picture',
    },
    ring(300, 'near'),
    ring(100, 'pass'),
    svg('path', { d: `M${half} 4 l5 11 h-10 z`, class: 'north' }),
    svg('text', { x: `${half + 14}`, y: '15', class: 'label' }, 'N'),
    svg('line', {
      x1: `${half}`,
      y1: `${half}`,
      x2: at(x),
      y2: at(y),
      class: isFar ? 'way far' : 'way',
    }),
    svg('path', { d: `M${half} ${half - 6} l6 5 v7 h-12 v-7 z`, class: 'address' }),
    svg('circle', { cx: at(x), cy: at(y), r: '6', class: 'tag' }),
    isFar && svg('text', { x: at(x), y: at(y > half ? y + 20 : y - 11), class: 'label' }, metresOf(metres)),
  )
}
