import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identity, scaling } from '../../mesh/matrix.ts'
import { bounds, transformed } from '../../mesh/mesh.ts'
import { footPhantom } from '../../phantoms/foot.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { choose, productOf } from '../choose.ts'
import { forgeStep } from './forge-step.ts'
import { insole, rimOver } from './insole.ts'

const [full, short] = ['insole-full', 'insole-three-quarter'].map((id) => productOf(forgeStep, id))

test('the rim is the higher of cup and flange along the arch, not both on top of each other', () => {
  for (const [cupHeightMm, archFlangeMm] of [
    [8, 5],
    [18, 15],
    [12, 0],
  ]) {
    const rim = rimOver(0, 260, { cupHeightMm, archFlangeMm })
    const cup = rimOver(0, 260, { cupHeightMm, archFlangeMm: 0 })
    const arch = rimOver(0, 260, { cupHeightMm: 0, archFlangeMm })
    for (let x = 0; x <= 260; x += 2) {
      for (const y of [-30, 0, 30]) {
        const most = Math.max(cup(x, y), arch(x, y))
        assert.ok(rim(x, y) >= most - 1e-9 && rim(x, y) <= 1.091 * most, `${rim(x, y)} mm at ${x}, ${y}`)
      }
    }
    // in the middle of the arch, on the inner side
    assert.ok(Math.abs(arch(0.42 * 260, -30) - archFlangeMm) < 1e-9)
    assert.ok(rim(0.42 * 260, -30) <= 1.091 * Math.max(archFlangeMm, cup(0.42 * 260, -30)))
  }
})

test('the room for a cover goes on outside of it, and is not taken from the wall', () => {
  const mesh = transformed(footPhantom(3000), scaling(0.5))
  const { parameters, choices } = choose(forgeStep, short, { heelCup: 'shallow', support: 'low' })
  const nothing = { side: null, measurements: {}, landmarks: {}, curves: {}, progress: () => {} }
  const [plain, covered] = [0, -1.5].map((offsetMm) => {
    const made = insole({ mesh, toCanonical: identity, choices, parameters: { ...parameters, offsetMm }, ...nothing }, 'three-quarter') // prettier-ignore
    return bounds(made.body)
  })
  for (const farther of [plain.min[0] - covered.min[0], plain.min[1] - covered.min[1], covered.max[1] - plain.max[1]])
    assert.ok(farther > 1.4 && farther < 2, `${farther} mm`)
})

test('only a short insole has a front edge to set, and a material that sets it is taken for a full one too', () => {
  assert.equal(choose(forgeStep, short, { material: 'eva' }).parameters.edgeMm, 2)
  const { parameters, manufacturing } = choose(forgeStep, full, { material: 'eva' })
  assert.deepEqual([parameters.edgeMm, parameters.skiveMm, manufacturing.material], [undefined, undefined, 'eva-45'])
  for (const name of ['edgeMm', 'skiveMm']) assert.throws(() => choose(forgeStep, full, { [name]: 2 }), GeometryRefusal)
})
