import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GeometryRefusal } from '../refusal.ts'
import { choose, productOf } from './choose.ts'
import { forgeAudio } from './forge-audio/forge-audio.ts'
import type { Customization } from './module.ts'
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

test('what a choice decides is refused by its name, with the choices there are: it would pass by their price', () => {
  const by = (moduleId: string, productId: string, options: Record<string, unknown>) => {
    const module = moduleOf(moduleId)
    return choose(module, productOf(module, productId), options)
  }
  for (const [moduleId, productId, options, choices] of [
    ['forge-wear', 'dress-form', { size: '1:4', scale: '1' }, /size=1:1, size=1:2, size=1:4/],
    ['forge-audio', 'ear-plugs', { ventDiameterMm: '2' }, /vent=none, vent=small, vent=large/],
    ['forge-audio', 'ear-plugs', { vent: 'large', ventDiameterMm: 1 }, /vent decides it/],
    ['forge-audio', 'ear-plugs', { material: 'medical-grade', offsetMm: 0.5 }, /material decides it/],
    ['forge-step', 'insole-full', { cupHeightMm: '18' }, /heelCup=deep/],
    ['forge-smile', 'night-guard', { occlusalMm: '3' }, /thickness=strong/],
    ['forge-grip', 'grip-handle', { coreMm: '22.3' }, /core=bicycle-22/],
    ['forge-head', 'helmet-liner', { vents: 9 }, /ventilation=nine/],
  ] as const) {
    assert.throws(() => by(moduleId, productId, options), refusal(choices))
  }
  // no choice decides it: the shell has a vent as a matter of course
  assert.equal(by('forge-audio', 'hearing-aid-mold', { ventDiameterMm: 2 }).parameters.ventDiameterMm, 2)
})

test('a parameter that only a dearer choice sets is decided by it, unless that changes the making or something else too', () => {
  const plain = (sets?: Record<string, number>, priceMinor = 0) => ({ id: sets ? 'wide' : 'usual', priceMinor, sets })
  const withOptions = (options: Extract<Customization, { type: 'select' }>['options']) => ({
    ...forgeAudio,
    customizations: [{ id: 'fit', type: 'select' as const, about: 'fit', default: 'usual', options }],
  })
  const product = { ...plugs, customizations: ['fit'] }
  const named = (options: Parameters<typeof withOptions>[0]) => () =>
    choose(withOptions(options), product, { recessMm: '2' })
  assert.throws(named([plain(), plain({ recessMm: 2 }, 500)]), refusal(/fit=usual, fit=wide/))
  assert.equal(named([plain(), plain({ recessMm: 2 }, 0)])().parameters.recessMm, 2)
  const cast = { ...plain({ recessMm: 2 }, 500), manufacturing: { material: 'gold' } }
  assert.equal(named([plain(), cast])().parameters.recessMm, 2)
  const usual = { ...plain(), sets: { wallMm: 1 } }
  assert.equal(named([usual, plain({ recessMm: 2, wallMm: 2 }, 500)])().parameters.recessMm, 2)
})

test('numbers, true and false are read as their text; no other value is taken, and counts are whole', () => {
  const liner = productOf(moduleOf('forge-head'), 'helmet-liner')
  const free = { ...liner, customizations: [] }
  const vents = (value: unknown) => choose(moduleOf('forge-head'), free, { vents: value }).parameters.vents
  assert.deepEqual([vents(5), vents('5'), vents(undefined)], [5, 5, 0])
  for (const value of [2.7, '2.7', 10, NaN]) assert.throws(() => vents(value), refusal(/the whole numbers from 0 to 9/))
  assert.equal(choose(forgeAudio, plugs, { engraving: 17 }).choices.engraving, '17')
  for (const value of [null, ['navy'], { id: 'navy' }, () => 'navy', 1n])
    assert.throws(() => choose(forgeAudio, plugs, { color: value }), refusal(/color.*is not among texts, numbers/))
  assert.throws(() => choose(forgeAudio, plugs, { color: true }), refusal(/black, white, navy, coral/))
})

test('a text of spaces is none, and costs nothing', () => {
  const without = choose(forgeAudio, plugs, {})
  assert.deepEqual(choose(forgeAudio, plugs, { engraving: '      ' }), without)
  const named = choose(forgeAudio, plugs, { engraving: '  AB 1 ' })
  assert.equal(named.choices.engraving, 'AB 1')
  assert.equal(named.priceMinor.customizations, without.priceMinor.customizations + 15000)
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
          choose(module, product, { [customization.id]: option.id })
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
    // what a choice sets is a parameter of some product that takes it
    for (const customization of module.customizations) {
      const takers = module.products.filter(({ customizations }) => customizations?.includes(customization.id) ?? true)
      for (const { id, sets } of customization.type === 'select' ? customization.options : [])
        for (const name of Object.keys(sets ?? {}))
          assert.ok(
            takers.some(({ parameters }) => name in parameters.values),
            `${customization.id}=${id} sets ${name}`,
          )
    }
  })
}
