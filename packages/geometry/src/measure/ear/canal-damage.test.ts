import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decimate } from '../../mesh/resample.ts'
import { noisy, torn } from '../../phantoms/canal-damage.ts'
import { randomCanal } from '../../phantoms/canal-random.ts'
import { canalPhantom } from '../../phantoms/canal.ts'
import { measureCanal } from './canal.ts'

test('of twenty canals with 0.1 mm of noise, five holes and 5,000 triangles all is true within 0.2 mm and 2°, a bend’s place within 0.21', () => {
  for (let seed = 101; seed <= 120; seed++) {
    const { mesh, truth } = canalPhantom({ ...randomCanal(seed), points: 30000 })
    const { measurements } = measureCanal(decimate(torn(noisy(mesh, 0.1, seed), 5, 2, seed), 5000))
    const wanted: [string, number][] = [
      ['canal_length', truth.length],
      ['canal_diameter', truth.diameter],
      ['canal_entrance_diameter', truth.entrance.diameter],
      ['canal_entrance_major', truth.entrance.major],
      ['canal_entrance_minor', truth.entrance.minor],
    ]
    truth.bends.forEach((bend, i) => {
      const name = ['first_bend', 'second_bend'][i]
      wanted.push([`${name}_distance`, bend.distance], [`${name}_angle`, bend.angleDeg])
      wanted.push([`${name}_major`, bend.major], [`${name}_minor`, bend.minor])
      const found = 2 * Math.sqrt(measurements[`${name}_area`].value / Math.PI)
      assert.ok(
        Math.abs(found - bend.diameter) < 0.1,
        `canal ${seed}: ${name} is ${found} wide, truly ${bend.diameter}`,
      )
    })
    for (const [name, value] of wanted) {
      const found = measurements[name]?.value
      // a bend of 15° over 8 mm has hardly a middle
      const within = name.endsWith('angle') ? 2 : name.endsWith('distance') ? 0.21 : 0.2
      assert.ok(Math.abs(found - value) < within, `canal ${seed}: ${name} ${found}, true ${value}`)
    }
    assert.equal('second_bend_angle' in measurements, truth.bends.length > 1)
    assert.ok(measurements.canal_length.confidence > 0.8)
  }
})

test('noise alone, without fewer triangles, moves nothing by more than 0.2 mm or 2°', () => {
  for (const seed of [2, 5, 6, 7]) {
    const { mesh, truth } = canalPhantom({ ...randomCanal(seed), points: 30000 })
    const { measurements } = measureCanal(noisy(mesh, 0.1, seed))
    assert.ok(Math.abs(measurements.canal_length.value - truth.length) < 0.15)
    assert.ok(Math.abs(measurements.canal_entrance_diameter.value - truth.entrance.diameter) < 0.1)
    truth.bends.forEach((bend, i) => {
      const name = ['first_bend', 'second_bend'][i]
      assert.ok(Math.abs(measurements[`${name}_distance`].value - bend.distance) < 0.2)
      assert.ok(Math.abs(measurements[`${name}_angle`].value - bend.angleDeg) < 2)
    })
  }
})

test('a canal of half as many triangles measures the same within 0.1 mm', () => {
  const { mesh } = canalPhantom({ ...randomCanal(9), points: 20000 })
  const before = measureCanal(mesh).measurements
  const after = measureCanal(decimate(mesh, mesh.triangles.length / 6)).measurements
  assert.deepEqual(Object.keys(after).toSorted(), Object.keys(before).toSorted())
  for (const [name, { value }] of Object.entries(before)) {
    const within = name.endsWith('area') ? 1 : name.endsWith('angle') ? 1 : 0.1
    assert.ok(Math.abs(after[name].value - value) < within, `${name} ${after[name].value}, was ${value}`)
  }
})
