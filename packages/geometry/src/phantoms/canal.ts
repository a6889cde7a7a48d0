import type { Mesh } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { type CanalPath, pathOf } from './canal-path.ts'
import type { CanalMouth, CanalShape } from './canal-shape.ts'
import { type CanalTruth, truthOf } from './canal-truth.ts'

/**
 * A canal as a mesh, with the truth about it. The entrance lies at the origin, the canal goes in along +z, the first
 * axis is x. Every vertex lies on the true surface, and where the canal has a sharp rim or end there are vertices on it.
 * Sections at right angles to the centre line are the ellipses of `keys`, with their middle on the line.
 */
export function canalPhantom(shape: CanalShape): { mesh: Mesh; truth: CanalTruth } {
  const path = pathOf(shape)
  const wanted = shape.points ?? 30000
  let low = 0.02
  let high = 5
  for (let i = 0; i < 30; i++) {
    const middle = Math.sqrt(low * high)
    if (layersOf(shape, path, middle).length * aroundOf(path, middle) > wanted) low = middle
    else high = middle
  }
  return { mesh: meshOf(shape, path, high), truth: truthOf(shape, path) }
}

/** One ring of vertices: by the angle and a shift towards the next ring, as a share of the way there. */
interface Layer {
  at(theta: number, shift: number): Vec3
  /** on a rim: not to be moved across it */
  readonly fixed: boolean
}

function aroundOf(path: CanalPath, edge: number): number {
  const [a, b] = path.sectionAt(path.length / 2).axes
  return Math.max(8, Math.round((Math.PI * (a + b)) / 2 / edge))
}

/** All rings from the outer border of the mouth to the end. */
function layersOf(shape: CanalShape, path: CanalPath, edge: number): Layer[] {
  const from = roundingOf(shape.mouth)
  const rows = Math.max(2, Math.round((path.length - from) / edge))
  const spacing = (path.length - from) / rows
  const wall = Array.from({ length: rows + 1 }, (_, row): Layer => {
    return {
      at: (theta, shift) => path.wall(from + (row + shift) * spacing, theta),
      fixed: row === 0 || row === rows,
    }
  })
  return [...mouthLayers(shape, path, edge), ...wall, ...endLayers(shape, path, edge)]
}

const roundingOf = (mouth?: CanalMouth) => (mouth?.kind === 'plate' ? (mouth.rounding ?? 0) : 0)

/** Outermost first, without the rim, which is the wall's first ring. */
function mouthLayers({ mouth }: CanalShape, path: CanalPath, edge: number): Layer[] {
  if (!mouth || mouth.kind === 'none') return []
  const rounding = roundingOf(mouth)
  const [a, b] = path.sectionAt(0).axes
  const canal = (a + b) / 4
  const rim = canal + rounding
  const quarter = rounding > 0 ? Math.max(3, Math.round((rounding * Math.PI) / 2 / edge)) : 0
  const rounded = Array.from({ length: quarter }, (_, k): Layer => {
    return {
      at(theta, shift) {
        const phi = ((k + 1 + shift) / quarter) * (Math.PI / 2)
        return path.mouth(rounding * (1 - Math.sin(phi)), 1 + (rounding * (1 - Math.cos(phi))) / canal, theta)
      },
      fixed: k + 1 === quarter,
    }
  })
  // rings grow with their distance from the axis, so that triangles keep their shape
  const rows = Math.max(2, Math.round(Math.log(mouth.radius / rim) / Math.log(1 + edge / rim)))
  const flare = Array.from({ length: rows }, (_, k): Layer => {
    return {
      at(theta, shift) {
        const radius = rim * (mouth.radius / rim) ** ((k + 1 + shift) / rows)
        return path.mouth(depthOf(mouth, radius, rim), radius / canal, theta)
      },
      fixed: k + 1 === rows,
    }
  })
  return [...rounded, ...flare].toReversed()
}

/** How far inwards (negative: outwards) the mouth's surface lies where it is `radius` wide. */
function depthOf(mouth: CanalMouth, radius: number, rim: number): number {
  if (mouth.kind === 'funnel') return -(radius - rim) / Math.tan((mouth.halfAngleDeg * Math.PI) / 180)
  if (mouth.kind !== 'bowl') return 0
  return Math.sqrt(mouth.sphere ** 2 - radius ** 2) - Math.sqrt(mouth.sphere ** 2 - rim ** 2)
}

/** Rings of the closed end, without its last point. */
function endLayers({ end = 'open' }: CanalShape, path: CanalPath, edge: number): Layer[] {
  if (end === 'open') return []
  const [a, b] = path.sectionAt(path.length).axes
  const span = ((a + b) / 4) * (end === 'round' ? Math.PI / 2 : 1)
  const rows = Math.max(2, Math.round(span / edge))
  return Array.from({ length: rows - 1 }, (_, k): Layer => {
    return {
      at(theta, shift) {
        const share = (k + 1 + shift) / rows
        if (end === 'flat') return path.cap(0, 1 - share, theta)
        return path.cap(path.capLength * Math.sin((share * Math.PI) / 2), Math.cos((share * Math.PI) / 2), theta)
      },
      fixed: false,
    }
  })
}

function meshOf(shape: CanalShape, path: CanalPath, edge: number): Mesh {
  const { end = 'open', faces = 'lumen', jitter = 0, seed = 1 } = shape
  const layers = layersOf(shape, path, edge)
  const around = aroundOf(path, edge)
  const random = seeded(seed)
  const tip = layers.length * around
  const positions = new Float64Array(3 * (end === 'open' ? tip : tip + 1))
  layers.forEach((layer, row) => {
    for (let k = 0; k < around; k++) {
      const turn = jitter * (random() - 0.5)
      const shift = layer.fixed ? 0 : jitter * (random() - 0.5)
      // every second ring is half a step round: triangles come out nearly equilateral
      positions.set(layer.at((2 * Math.PI * (k + turn + (row % 2) / 2)) / around, shift), 3 * (row * around + k))
    }
  })
  const triangles: number[] = []
  const add = (a: number, b: number, c: number) => {
    triangles.push(a, ...(faces === 'lumen' ? [c, b] : [b, c]))
  }
  for (let row = 0; row + 1 < layers.length; row++) {
    for (let k = 0; k < around; k++) {
      const a = row * around + k
      const b = row * around + ((k + 1) % around)
      const [c, d] = [a + around, b + around]
      add(a, b, row % 2 === 0 ? c : d)
      if (row % 2 === 0) add(b, d, c)
      else add(a, d, c)
    }
  }
  if (end !== 'open') {
    positions.set(path.cap(path.capLength, 0, 0), 3 * tip)
    for (let k = 0; k < around; k++) add(tip - around + k, tip - around + ((k + 1) % around), tip)
  }
  return { positions, triangles: Uint32Array.from(triangles) }
}
