import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transformed, turned } from '../mesh/mesh.ts'
import { translation } from '../mesh/matrix.ts'
import { box, parametric } from '../mesh/shapes.ts'
import { aim, fitted, type View } from './camera.ts'
import { encodePng } from './png.ts'
import { render, type Rendering } from './render.ts'
import { type Look, modelsOf, paper } from './surface.ts'

function shown(looks: readonly Look[], view: View, side = 60): Rendering {
  const camera = fitted(
    aim(
      view,
      looks.map((look) => look.mesh.positions),
    ),
    { x: 10, y: 10, width: side - 20, height: side - 20 },
  )
  return render(modelsOf(looks), camera, side, side)
}

const at = ({ pixels, width }: Rendering, x: number, y: number) =>
  Array.from(pixels.subarray(3 * (y * width + x), 3 * (y * width + x) + 3))

const cube = box([0, 0, 0], [10, 10, 10])
const above: View = { from: [0, 0, 1] }

test('a cube from above is a square of its own colour, exactly where it ought to be, on plain paper', () => {
  const drawn = shown([{ mesh: cube, shading: 'flat' }], above)
  for (let y = 0; y < 60; y++) {
    for (let x = 0; x < 60; x++) {
      const inside = x >= 10 && x < 50 && y >= 10 && y < 50
      if (inside) assert.deepEqual(at(drawn, x, y), at(drawn, 30, 30), `${x} ${y}`)
      else assert.deepEqual(at(drawn, x, y), [...paper], `${x} ${y}`)
      assert.equal(drawn.nearness[y * 60 + x], inside ? 5 : -Infinity)
    }
  }
})

test('edges that cut pixels are soft', () => {
  const drawn = shown([{ mesh: cube }], { from: [0, 0, 1], up: [1, 2, 0] })
  const kinds = new Set<string>()
  for (let y = 0; y < 60; y++) kinds.add(at(drawn, 14, y).join())
  assert.ok(kinds.size > 3)
})

test('a surface turned inside out is seen to be so', () => {
  const right = at(shown([{ mesh: cube }], above), 30, 30)
  const wrong = at(shown([{ mesh: { ...cube, triangles: turned(cube.triangles) } }], above), 30, 30)
  const violet = ([r, g, b]: number[]) => (r + b) / 2 - g
  assert.ok(violet(right) < 5)
  assert.ok(violet(wrong) > 25)
})

test('what is translucent lets through what is behind it, and shades it once more with each of two layers', () => {
  const floor = box([-20, -20, -30], [30, 30, -29])
  const blue = { mesh: cube, color: [0, 60, 200] as const, opacity: 0.5 }
  const amount = (looks: Look[]) => {
    const [r, , b] = at(shown(looks, above), 30, 30)
    return b - r
  }
  const [none, one, two, solid] = [
    amount([{ mesh: floor }]),
    amount([{ mesh: floor }, { ...blue, mesh: { ...cube, triangles: cube.triangles.slice(6, 12) } }]),
    amount([{ mesh: floor }, blue]),
    amount([{ mesh: floor }, { ...blue, opacity: 1 }]),
  ]
  assert.ok(none < one - 20 && one < two - 20 && two < solid - 20, [none, one, two, solid].join())
  const behind = { ...blue, mesh: transformed(cube, translation([0, 0, -60])) }
  assert.equal(amount([{ mesh: floor }, behind]), none, 'behind the floor it is not seen')
})

test('the scan keeps its own colours when it has some', () => {
  const colors = new Uint8Array(24)
  for (let v = 0; v < 8; v++) colors.set([40, 160, 60], 3 * v)
  const [r, g, b] = at(shown([{ mesh: { ...cube, colors } }], above), 30, 30)
  assert.ok(g > r + 60 && g > b + 60)
  const plain = at(shown([{ mesh: { ...cube, colors }, ownColors: false }], above), 30, 30)
  assert.deepEqual(plain, at(shown([{ mesh: cube }], above), 30, 30))
})

test('hollows are darker than plain surfaces that lie the same way', () => {
  // a plate with a round pit, 2 wide and 2 deep
  const pit = parametric(160, 160, (u, v) => {
    const [x, y] = [u * 20 - 10, v * 20 - 10]
    return [x, y, Math.hypot(x, y) < 1 ? -2 : 0]
  })
  const drawn = shown([{ mesh: pit }], above, 200)
  assert.ok(at(drawn, 100, 100)[1] < at(drawn, 30, 30)[1] - 15)
})

test('points without faces become a closed, lit surface', () => {
  const dome = parametric(80, 80, (u, v) => {
    const [x, y] = [u * 2 - 1, v * 2 - 1]
    return [x, y, -(x * x + y * y) / 2]
  })
  const drawn = shown([{ mesh: { ...dome, triangles: new Uint32Array(0) } }], above, 160)
  for (let y = 20; y < 140; y += 5) for (let x = 20; x < 140; x += 5) assert.ok(drawn.nearness[y * 160 + x] > -Infinity)
  // the key light stands at the upper left
  assert.ok(at(drawn, 40, 40)[0] > at(drawn, 120, 120)[0] + 20)
})

test('nothing at all makes a blank picture', () => {
  const empty = { positions: new Float64Array(0), triangles: new Uint32Array(0) }
  const drawn = shown([{ mesh: empty }], above, 20)
  assert.deepEqual(at(drawn, 10, 10), [...paper])
})

test('a million triangles at 1000x1000 are drawn and written within four seconds, also on a busy machine', () => {
  const { sin, cos, PI } = Math
  const ball = parametric(
    1000,
    500,
    (u, v) => {
      const r = 100 + 6 * sin(9 * PI * v) * sin(16 * PI * u)
      const [a, b] = [2 * PI * u, PI * (v - 0.5)]
      return [r * cos(b) * cos(a), r * cos(b) * sin(a), r * sin(b)]
    },
    { u: true },
  )
  const camera = fitted(aim({ from: [1, 0.5, 0.3] }, [ball.positions]), { x: 40, y: 40, width: 920, height: 920 })
  // the quicker of two: other tests run beside
  const took = [1, 2].map(() => {
    const start = performance.now()
    const bytes = encodePng(render(modelsOf([{ mesh: ball }]), camera, 1000, 1000))
    assert.ok(bytes.length > 100_000)
    return performance.now() - start
  })
  assert.ok(Math.min(...took) < 4000, `${took.join(' and ')} ms`)
})
