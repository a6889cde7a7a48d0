import { seeded } from '../mesh/random.ts'
import type { CanalMouth, CanalPiece, CanalShape } from './canal-shape.ts'

/**
 * A canal of plausible size by chance, the same for the same seed: none, one or two bends of 15° to 40° in any planes,
 * 5 to 11 mm wide, oval and twisted, with any mouth and end. Where it is open at both ends, the entrance is the wider one.
 */
export function randomCanal(seed: number): CanalShape {
  const random = seeded(seed)
  for (let i = 0; i < 5; i++) random() // neighbouring seeds begin alike
  const between = (a: number, b: number) => a + (b - a) * random()
  const bends = seed % 7 === 0 ? 0 : seed % 3 === 0 ? 1 : 2
  const path: CanalPiece[] = [{ straight: bends === 0 ? between(14, 20) : between(4, 8) }]
  for (let i = 0; i < bends; i++) {
    const bendDeg = between(15, 40)
    path.push({ bendDeg, length: Math.max(between(3, 8), bendDeg / 6), planeDeg: between(0, 360) })
    path.push({ straight: between(4, 7) })
  }
  const total = path.reduce((sum, piece) => sum + ('straight' in piece ? piece.straight : piece.length), 0)
  const turn = between(0, 180)
  const key = (s: number, diameter: number, turnDeg: number) => {
    const oval = between(0.85, 1.15)
    return { s, axes: [diameter * oval, diameter / oval] as const, turnDeg }
  }
  const keys = [
    key(0, between(8.5, 11), turn),
    key(0.4 * total, between(6, 7.5), turn + between(-20, 20)),
    key(total, between(5, 8), turn + between(-40, 40)),
  ]
  const mouths: CanalMouth[] = [
    { kind: 'none' },
    { kind: 'plate', radius: 14 },
    { kind: 'bowl', radius: 9.5, sphere: between(10, 13) },
    { kind: 'funnel', radius: 12, halfAngleDeg: between(40, 70) },
  ]
  return {
    path,
    keys,
    mouth: mouths[seed % 4],
    end: (['open', 'flat', 'round'] as const)[Math.floor(random() * 3)],
    faces: seed % 2 === 0 ? 'impression' : 'lumen',
    jitter: 0.4,
    seed,
  }
}
