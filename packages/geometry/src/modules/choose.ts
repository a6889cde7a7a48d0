import { GeometryRefusal } from '../refusal.ts'
import type { Choice, Customization, Manufacturing, Module, Parameter, Product } from './module.ts'

/** What a person asks for by name, as JSON has it: numbers, true and false are read as the text that they are written as. */
export type Options = Readonly<Record<string, unknown>>

/** Options as a person gave them, resolved against what a product takes. */
export interface Chosen {
  parameters: Record<string, number>
  choices: Record<string, string>
  manufacturing: Manufacturing
  priceMinor: { base: number; customizations: number }
}

type Select = Extract<Customization, { type: 'select' }>

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
 * Applies options to a product: a customization's option or text, or a parameter by its name within its range. What a
 * choice decides cannot be set by its name as well: a report would contradict itself, and a price be passed by.
 * @throws GeometryRefusal DESIGN_OPTION_UNKNOWN
 */
export function choose(module: Module, product: Product, options: Options): Chosen {
  const taken = module.customizations.filter(({ id }) => product.customizations?.includes(id) ?? true)
  const values = product.parameters.values
  const given = textsOf(options)
  const parameters = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]))
  const choices: Record<string, string> = {}
  const manufacturing = { ...product.manufacturing }
  const decidedBy = new Map<string, Select>()
  let customizations = 0
  for (const customization of taken) {
    const value = given.get(customization.id) ?? customization.default
    if (customization.type === 'text') {
      const text = value.trim()
      checkText(customization, text)
      choices[customization.id] = text
      if (text !== '') customizations += customization.priceMinor
      continue
    }
    const option = optionOf(customization, value)
    choices[customization.id] = value
    customizations += option.priceMinor
    for (const [name, set] of Object.entries(option.sets ?? {})) if (Object.hasOwn(values, name)) parameters[name] = set
    for (const name of decided(customization, option)) decidedBy.set(name, customization)
    Object.assign(manufacturing, option.manufacturing)
  }
  for (const [name, text] of given) {
    if (taken.some(({ id }) => id === name)) continue
    if (!Object.hasOwn(values, name)) {
      throw unknown(name, text, [...taken.map(({ id }) => id), ...Object.keys(values)])
    }
    const customization = decidedBy.get(name)
    if (customization) throw decidedByChoice(name, text, customization)
    parameters[name] = valueOf(name, text, values[name])
  }
  return { parameters, choices, manufacturing, priceMinor: { base: product.basePriceMinor, customizations } }
}

/** @throws GeometryRefusal DESIGN_OPTION_UNKNOWN for what is neither a text nor a number, true or false */
function textsOf(options: Options): Map<string, string> {
  const given = new Map<string, string>()
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
      throw unknown(name, kind, ['texts', 'numbers', 'true', 'false'])
    }
    given.set(name, String(value))
  }
  return given
}

function optionOf(customization: Select, value: string): Choice {
  const option = customization.options.find(({ id }) => id === value)
  if (option) return option
  throw unknown(
    customization.id,
    value,
    customization.options.map(({ id }) => id),
  )
}

/**
 * The parameters that an option decides: those that it sets, and those that alone tell a dearer option from it, which
 * could be had for nothing by their names.
 */
function decided({ options }: Select, chosen: Choice): string[] {
  const sets = chosen.sets ?? {}
  const open = options.filter(
    (option) =>
      option.priceMinor > chosen.priceMinor &&
      !option.manufacturing &&
      Object.entries(option.sets ?? {}).every(([name, value]) => !Object.hasOwn(sets, name) || sets[name] === value),
  )
  return [chosen, ...open].flatMap((option) => Object.keys(option.sets ?? {}))
}

function valueOf(name: string, text: string, { least, most, unit }: Parameter): number {
  const value = text.trim() === '' ? NaN : Number(text)
  const whole = unit !== 'count' || Number.isInteger(value)
  if (value >= least && value <= most && whole) return value
  throw unknown(name, text, [
    unit === 'count' ? `the whole numbers from ${least} to ${most}` : `${least} to ${most} ${unit}`,
  ])
}

function checkText({ id, maxLength, pattern }: Extract<Customization, { type: 'text' }>, value: string) {
  if (value.length <= maxLength && new RegExp(`^(?:${pattern})$`).test(value)) return
  throw unknown(id, value, [`up to ${maxLength} characters that match ${pattern}`])
}

function decidedByChoice(parameter: string, value: string, { id, options }: Select) {
  const allowed = options.map((option) => `${id}=${option.id}`)
  return new GeometryRefusal(
    'DESIGN_OPTION_UNKNOWN',
    `${parameter}: ${id} decides it, and it cannot be set beside that: choose among ${allowed.join(', ')}`,
    { option: parameter, value: value.slice(0, 200), allowed },
  )
}

function unknown(option: string, value: string, allowed: string[]) {
  return new GeometryRefusal(
    'DESIGN_OPTION_UNKNOWN',
    `${option}: "${value.slice(0, 60)}" is not among ${allowed.join(', ')}`,
    { option, value: value.slice(0, 200), allowed },
  )
}
