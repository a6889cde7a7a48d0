import { GeometryRefusal } from '../refusal.ts'
import type { Customization, Manufacturing, Module, Product } from './module.ts'

/** Options as a person gave them, resolved against what a product takes. */
export interface Chosen {
  parameters: Record<string, number>
  choices: Record<string, string>
  manufacturing: Manufacturing
  priceMinor: { base: number; customizations: number }
}

/** @throws GeometryRefusal DESIGN_OPTION_UNKNOWN with what would be right */
export function productOf(module: Module, productId: string): Product {
  const product = module.products.find(({ id }) => id === productId)
  if (product) return product
  throw unknown(
    'product',
    productId,
    module.products.map(({ id }) => id),
  )
}

/**
 * Applies options to a product: a customization's option or text, or a parameter by its name within its range.
 * @throws GeometryRefusal DESIGN_OPTION_UNKNOWN
 */
export function choose(module: Module, product: Product, options: Readonly<Record<string, string>>): Chosen {
  const taken = module.customizations.filter(({ id }) => product.customizations?.includes(id) ?? true)
  const values = product.parameters.values
  const parameters = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]))
  const choices: Record<string, string> = {}
  const manufacturing = { ...product.manufacturing }
  let customizations = 0
  for (const customization of taken) {
    const value = options[customization.id] ?? customization.default
    choices[customization.id] = value
    if (customization.type === 'text') {
      checkText(customization, value)
      if (value !== '') customizations += customization.priceMinor
      continue
    }
    const option = customization.options.find(({ id }) => id === value)
    if (!option)
      throw unknown(
        customization.id,
        value,
        customization.options.map(({ id }) => id),
      )
    customizations += option.priceMinor
    Object.assign(parameters, option.sets)
    Object.assign(manufacturing, option.manufacturing)
  }
  for (const [name, text] of Object.entries(options)) {
    if (taken.some(({ id }) => id === name)) continue
    if (!Object.hasOwn(values, name)) {
      throw unknown(name, text, [...taken.map(({ id }) => id), ...Object.keys(values)])
    }
    const { least, most, unit } = values[name]
    const value = text.trim() === '' ? NaN : Number(text)
    if (!(value >= least && value <= most)) throw unknown(name, text, [`${least} to ${most} ${unit}`])
    parameters[name] = value
  }
  return { parameters, choices, manufacturing, priceMinor: { base: product.basePriceMinor, customizations } }
}

function checkText({ id, maxLength, pattern }: Extract<Customization, { type: 'text' }>, value: string) {
  if (value.length <= maxLength && new RegExp(`^(?:${pattern})$`).test(value)) return
  throw unknown(id, value, [`up to ${maxLength} characters that match ${pattern}`])
}

function unknown(option: string, value: string, allowed: string[]) {
  return new GeometryRefusal(
    'DESIGN_OPTION_UNKNOWN',
    `${option}: "${value.slice(0, 60)}" is not among ${allowed.join(', ')}`,
    { option, value: value.slice(0, 200), allowed },
  )
}
