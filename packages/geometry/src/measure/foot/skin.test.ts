import assert from 'node:assert/strict'
import { test } from 'node:test'
import { icosphere, torus } from '../../mesh/shapes.ts'
import { length, type Vec3 } from '../../mesh/vector.ts'
import { noisy } from '../../phantoms/canal-damage.ts'
import { capNear } from './extremes.ts'
import { grainOf } from './skin.ts'
import { tapeRound } from './tape.ts'

test('the noise of a scan is told, and that of a smooth surface is next to nothing', () => {
  const ball = icosphere(40, 40)
  assert.ok(grainOf(ball).noise < 0.005)
  const { noise } = grainOf(noisy(ball, 0.1, 3))
  assert.ok(noise > 0.04 && noise < 0.12, `${noise}`)
})

test('a ball with noise is as large as without: its outermost vertices do not count alone', () => {
  const ball = noisy(icosphere(40, 40), 0.1, 5)
  const grain = grainOf(ball)
  for (const direction of [
    [1, 0, 0],
    [0, 0.6, 0.8],
    [-0.48, 0.64, -0.6],
  ] as Vec3[]) {
    let start: Vec3 = [0, 0, 0]
    let most = 0
    for (let i = 0; i < ball.positions.length; i += 3) {
      const p: Vec3 = [ball.positions[i], ball.positions[i + 1], ball.positions[i + 2]]
      const along = p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2]
      if (along > most) {
        most = along
        start = p
      }
    }
    const cap = capNear(grain, start, direction)
    assert.ok(cap.smooth)
    assert.ok(most - 40 > 0.1 && Math.abs(cap.value - 40) < 0.08, `${most} ${cap.value}`)
  }
})

test('a ridge without a top is found as high as it is', () => {
  const ring = torus(60, 15, 96, 48)
  const cap = capNear(grainOf(ring), [60, 0, 15], [0, 0, 1])
  assert.ok(cap.smooth && Math.abs(cap.value - 15) < 0.02, `${cap.value}`)
})

test('a tape round a coarse circle is as long as the circle, round a square as the square', () => {
  const plane = { point: [0, 0, 0] as Vec3, normal: [0, 0, 1] as Vec3 }
  const circle = Array.from({ length: 60 }, (_, i): Vec3 => {
    const a = (2 * Math.PI * i) / 60
    return [30 * Math.cos(a), 30 * Math.sin(a), 0]
  })
  assert.ok(Math.abs(tapeRound(circle, plane).length - 60 * Math.PI) < 0.001)
  const square = Array.from({ length: 40 }, (_, i): Vec3 => {
    const t = i % 10
    return [
      [t, 0],
      [10, t],
      [10 - t, 10],
      [0, 10 - t],
    ].map(([x, y]): Vec3 => [x, y, 0])[Math.floor(i / 10)]
  })
  assert.ok(Math.abs(tapeRound(square, plane).length - 40) < 1e-9)
  const { line } = tapeRound(square, plane)
  assert.equal(line.length, 4)
  assert.ok(line.every((p) => length(p) > -1))
})
