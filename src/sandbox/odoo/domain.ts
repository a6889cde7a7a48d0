import { pythonError } from './errors.ts'
import { whole, type Database, type Row, type Value } from './store.ts'

type Test = (row: Row) => boolean

/**
 * Compiles a search domain: a list of conditions `[field, operator, value]`, between them `&`, `|` and `!` in front
 * of what they join, and `&` where nothing is said.
 * @throws OdooError ValueError for one that makes no sense, or names an unknown field
 */
export function compileDomain(db: Database, model: string, domain: unknown): Test {
  if (!Array.isArray(domain)) throw pythonError('ValueError', `Domain() invalid domain: ${JSON.stringify(domain)}`)
  const rest = [...domain]
  const tests: Test[] = []
  while (rest.length > 0) tests.push(take(db, model, rest))
  return (row) => tests.every((test) => test(row))
}

/** Whether a domain speaks of a field itself, as of `active`. */
export const mentions = (domain: unknown, field: string) =>
  Array.isArray(domain) && domain.some((item) => Array.isArray(item) && item[0] === field)

function take(db: Database, model: string, rest: unknown[]): Test {
  if (rest.length === 0) throw pythonError('ValueError', 'Domain() invalid domain: an operator without its conditions')
  const item = rest.shift()
  if (item === '!') {
    const test = take(db, model, rest)
    return (row) => !test(row)
  }
  if (item === '&' || item === '|') {
    const [a, b] = [take(db, model, rest), take(db, model, rest)]
    return item === '&' ? (row) => a(row) && b(row) : (row) => a(row) || b(row)
  }
  if (!Array.isArray(item) || item.length !== 3 || typeof item[0] !== 'string' || typeof item[1] !== 'string')
    throw pythonError('ValueError', `Domain() invalid item in domain: ${JSON.stringify(item)}`)
  return condition(db, model, item[0], item[1], item[2])
}

function condition(db: Database, model: string, path: string, operator: string, operand: unknown): Test {
  const dot = path.indexOf('.')
  const name = dot < 0 ? path : path.slice(0, dot)
  const field = db.fieldOf(model, name)
  if (dot >= 0) {
    if (field.type !== 'many2one' && field.type !== 'one2many' && field.type !== 'many2many')
      throw pythonError('ValueError', `Invalid field ${model}.${name} in condition on ${path}`)
    const { of } = field
    const test = condition(db, of, path.slice(dot + 1), operator, operand)
    return (row) => {
      const value = db.read(model, row, name)
      const ids = Array.isArray(value) ? value : [value]
      return ids.map((id) => db.find(of, id)).some((other) => other !== undefined && test(other))
    }
  }
  const compare = comparison(operator, field.type === 'datetime' ? wholeTimes(operand) : operand)
  return (row) => {
    const value = db.read(model, row, name)
    // a relation is looked for by its title, as a person would
    if (operator.includes('like') && field.type === 'many2one') return compare(db.titleOf(field.of, value))
    if (Array.isArray(value)) return value.length === 0 ? compare(false) : value.some(compare)
    return compare(value)
  }
}

function comparison(operator: string, operand: unknown): (value: Value) => boolean {
  const is = (value: Value, other: unknown) => value === other || (value === false && (other === null || other === ''))
  if (operator === '=') return (value) => (Array.isArray(operand) ? operand.includes(value) : is(value, operand))
  if (operator === '!=') return (value) => !(Array.isArray(operand) ? operand.includes(value) : is(value, operand))
  if (operator === 'in' || operator === 'not in') {
    if (!Array.isArray(operand)) throw pythonError('ValueError', `Invalid value of '${operator}': no list`)
    const has = (value: Value) => operand.some((other) => is(value, other))
    return operator === 'in' ? has : (value) => !has(value)
  }
  if (['<', '<=', '>', '>='].includes(operator)) return inequality(operator, operand)
  const like = /^(not )?(=?)(i?)like$/.exec(operator)
  if (!like) throw pythonError('ValueError', `Invalid operator ${JSON.stringify(operator)} in a domain`)
  const pattern = patternOf(String(operand), like[2] === '=', like[3] === 'i')
  const fits = (value: Value) => typeof value === 'string' && pattern.test(value)
  return like[1] ? (value) => !fits(value) : fits
}

function inequality(operator: string, operand: unknown): (value: Value) => boolean {
  return (value) => {
    if (typeof value !== typeof operand || (typeof value !== 'number' && typeof value !== 'string')) return false
    const other = operand as typeof value
    if (operator === '<') return value < other
    if (operator === '<=') return value <= other
    return operator === '>' ? value > other : value >= other
  }
}

/** SQL's LIKE: `%` and `_` stand for something unless they are escaped; without `=`, anything may stand around. */
function patternOf(text: string, whole: boolean, ignoreCase: boolean): RegExp {
  const source = text.replaceAll(/\\[\s\S]|[\s\S]/g, (character) => {
    if (character === '%') return '[\\s\\S]*'
    if (character === '_') return '[\\s\\S]'
    const plain = character.startsWith('\\') && character.length > 1 ? character.slice(1) : character
    return plain.replace(/[.*+?^${}()|[\]\\/-]/, '\\$&')
  })
  return new RegExp(whole ? `^${source}$` : source, ignoreCase ? 'i' : '')
}

function wholeTimes(operand: unknown): unknown {
  if (Array.isArray(operand)) return operand.map(wholeTimes)
  return typeof operand === 'string' ? whole(operand) : operand
}
