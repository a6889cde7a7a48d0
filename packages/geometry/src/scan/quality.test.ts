import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clean } from '../clean/clean.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { gaussian, seeded } from '../mesh/random.ts'
import { icosphere } from '../mesh/shapes.ts'
import { noiseOf } from '../mesh/noise.ts'
import { judgeOf, leastQuality } from './quality.ts'
import { guessUnits, type UnitGuess } from './units.ts'

const ball = (radius: number): Mesh => icosphere(radius, 32)

function rough(mesh: Mesh, mm: number): Mesh {
  const noise = gaussian(seeded(7))
  return { ...mesh, positions: mesh.positions.map((value) => value + mm * noise()) }
}

const judged = (mesh: Mesh, coverage: Record<string, number> = { scan: 1 }) => {
  const cleaned = clean(mesh)
  return judgeOf({ bodyPart: 'ear', mesh: cleaned.mesh, report: cleaned.report })(coverage)
}

test('the noise of a surface is found within a sixth', () => {
  for (const mm of [0.05, 0.1, 0.3]) {
    const found = noiseOf(rough(ball(40), mm))
    assert.ok(Math.abs(found - mm) < mm / 6, `${found} for ${mm}`)
  }
  assert.ok(noiseOf(ball(40)) < 0.01)
})

test('a clean scan is good, and what makes it poor is named with what to do', () => {
  const good = judged(ball(20))
  assert.ok(good.score > 0.9)
  assert.deepEqual(good.issues, [])

  const noisy = judged(rough(ball(20), 0.5))
  assert.ok(noisy.score < leastQuality)
  assert.equal(noisy.issues[0]?.code, 'NOISE')
  assert.match(noisy.suggestions[0] ?? '', /steadier/)

  const partial = judged(ball(20), { concha: 0.4, pinna: 0.9 })
  assert.ok(partial.score < leastQuality)
  assert.deepEqual(partial.issues[0], {
    code: 'COVERAGE_LOW',
    message: '40 % of the region "concha" is in the scan',
    value: 0.4,
  })
})

test('a surface made of doubled triangles is marked down', () => {
  const { positions, triangles } = ball(20)
  const doubled = judged({ positions, triangles: Uint32Array.from([...triangles, ...triangles]) })
  assert.ok(doubled.parts.manifoldness < 0.5)
  assert.ok(doubled.issues.some(({ code }) => code === 'NOT_MANIFOLD'))
})

/** Without the triangles round some directions, each with the cosine of how far round it. */
function without(mesh: Mesh, caps: readonly (readonly [x: number, y: number, z: number, cosine: number])[]): Mesh {
  const { positions, triangles } = mesh
  const gone = (v: number) =>
    caps.some(([x, y, z, cosine]) => {
      const [px, py, pz] = [positions[3 * v], positions[3 * v + 1], positions[3 * v + 2]]
      return px * x + py * y + pz * z > cosine * Math.hypot(px, py, pz)
    })
  return { positions, triangles: triangles.filter((_, corner) => !gone(triangles[corner - (corner % 3)])) }
}

test('holes that stay open count, but for the widest border', () => {
  const cropped = without(ball(20), [[0, 0, -1, 0.7]])
  assert.equal(judged(cropped).parts.holes, 1)

  const sides = [[1, 0, 0, 0.9] as const, [0, 1, 0, 0.9] as const, [-1, 0, 0, 0.9] as const, [0, -1, 0, 0.9] as const]
  const holed = judged(without(ball(20), [[0, 0, -1, 0.7], ...sides]))
  assert.ok(holed.score < leastQuality)
  const [issue] = holed.issues
  assert.equal(issue.code, 'HOLES')
  assert.match(issue.message, /0 were closed, 4 left open/)
  // a cap of a ball has (1 - cosine) / 2 of its surface, its lid a little less; a seventh of the ball is cropped
  assert.ok(Math.abs(issue.value - (4 * 0.0475) / 0.66) < 0.02, `${issue.value}`)
})

test('the cut ends of limbs and of a canal are no holes', () => {
  const rings = 24
  const around = 48
  const positions = Float64Array.from({ length: 3 * rings * around }, (_, i) => {
    const [ring, step] = [Math.floor(i / 3 / around), Math.floor(i / 3) % around]
    const angle = (2 * Math.PI * step) / around
    return i % 3 === 2 ? 2 * ring : 15 * (i % 3 === 0 ? Math.cos(angle) : Math.sin(angle))
  })
  const triangles: number[] = []
  for (let ring = 0; ring + 1 < rings; ring++) {
    for (let step = 0; step < around; step++) {
      const [a, b] = [ring * around + step, ring * around + ((step + 1) % around)]
      triangles.push(a, b, b + around, a, b + around, a + around)
    }
  }
  assert.equal(judged({ positions, triangles: Uint32Array.from(triangles) }).parts.holes, 1)
})

test('a size that no scan of the part has makes it worth little, and is named', () => {
  const { mesh, report } = clean(ball(20))
  const [fits] = guessUnits(20, ['ear'])
  const small = guessUnits(0.02, ['ear']).find(({ unit }) => unit === 'mm')
  const judgedAs = (size: UnitGuess | undefined) => judgeOf({ bodyPart: 'ear', mesh, report, size })({ scan: 1 })
  assert.equal(judgedAs(fits).score, judgedAs(undefined).score)
  const poor = judgedAs(small)
  assert.ok(poor.score < leastQuality)
  assert.deepEqual(poor.issues[0], {
    code: 'SIZE_IMPLAUSIBLE',
    message: 'in mm this ear is 1300 times smaller than usual',
    value: 0.000769,
  })
})
