import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GeometryRefusal } from '../refusal.ts'
import { choose, productOf } from './choose.ts'
import { forgeAudio } from './forge-audio/forge-audio.ts'
import { moduleOf, shippedModules } from './registry.ts'

const plugs = productOf(forgeAudio, 'ear-plugs')
const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof GeometryRefusal && error.code === 'DESIGN_OPTION_UNKNOWN' && pattern.test(error.message)

test('without options a product has its defaults', () => {
  const { parameters, choices, priceMinor } = choose(forgeAudio, plugs, {})
  assert.equal(parameters.offsetMm, plugs.parameters.values.offsetMm?.value)
  assert.equal(choices.material, 'silicone-soft')
  assert.deepEqual(priceMinor, { base: 149900, customizations: 50000 })
})

test('a choice sets the parameters it stands for, and costs what it says', () => {
  const { parameters, priceMinor, manufacturing } = choose(forgeAudio, plugs, {
    vent: 'small',
    material: 'medical-grade',
  })
  assert.equal(parameters.ventDiameterMm, 1)
  assert.equal(manufacturing.material, 'biocompatible-resin')
  assert.equal(priceMinor.customizations, 110000)
})

test('a parameter can be set by its name, within its range', () => {
  assert.equal(choose(forgeAudio, plugs, { offsetMm: '0.5' }).parameters.offsetMm, 0.5)
  for (const value of ['9', '-3', 'wide', '', ' ', 'NaN', '1e999']) {
    assert.throws(() => choose(forgeAudio, plugs, { offsetMm: value }), refusal(/-0\.5 to 1 mm/))
  }
})

test('an option that does not exist is refused with those that do', () => {
  assert.throws(() => choose(forgeAudio, plugs, { colour: 'navy' }), refusal(/color, material/))
  assert.throws(() => choose(forgeAudio, plugs, { color: 'pink' }), refusal(/black, white, navy, coral/))
  assert.throws(() => choose(forgeAudio, plugs, { __proto__: 'x', constructor: '1' }), refusal(/constructor/))
  assert.throws(() => choose(forgeAudio, plugs, { engraving: 'TOO LONG' }), refusal(/up to 6 characters/))
  assert.throws(() => choose(forgeAudio, plugs, { engraving: '<svg>' }), refusal(/match/))
  assert.throws(() => productOf(forgeAudio, 'ear-rings'), refusal(/ear-plugs/))
  assert.throws(() => moduleOf('forge-nothing'), refusal(/forge-audio/))
})

for (const module of shippedModules) {
  test(`${module.name} states itself without contradiction`, () => {
    assert.match(module.id, /^[a-z]+(-[a-z]+)*$/)
    assert.match(module.version, /^\d+\.\d+\.\d+$/)
    const ids = module.products.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
    for (const product of module.products) {
      for (const [name, { value, least, most, about }] of Object.entries(product.parameters.values)) {
        assert.ok(value >= least && value <= most, `${product.id} ${name}: ${value} is not within ${least} to ${most}`)
        assert.ok(about.length > 0)
      }
      // every default and every choice can be made
      choose(module, product, {})
      for (const customization of module.customizations) {
        if (!(product.customizations?.includes(customization.id) ?? true) || customization.type !== 'select') continue
        for (const option of customization.options) {
          const { parameters } = choose(module, product, { [customization.id]: option.id })
          for (const name of Object.keys(option.sets ?? {})) assert.ok(name in parameters)
          for (const [name, value] of Object.entries(option.sets ?? {})) {
            const range = product.parameters.values[name]
            if (range) assert.ok(value >= range.least && value <= range.most, `${option.id} sets ${name} to ${value}`)
          }
        }
      }
      for (const id of product.customizations ?? []) {
        assert.ok(
          module.customizations.some((customization) => customization.id === id),
          `${product.id} takes ${id}`,
        )
      }
    }
  })
}
