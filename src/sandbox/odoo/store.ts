import { isRecord } from '../input.ts'
import { missingRecord, pythonError, unknownField, validationError } from './errors.ts'
import { modelsOf, type Field, type Model } from './models.ts'
import { beforeCreate, checkRow } from './rules.ts'

/** As it is kept: a many2one is an id, an x2many a list of ids, and `false` is empty, whatever the type. */
export type Value = string | number | boolean | number[]

/** Never changed in place: a change puts a new one in its stead, so that one that failed is undone by the old. */
export interface Row {
  id: number
  [field: string]: Value
}

export interface Change {
  model: string
  id: number
}

export interface Database {
  /** the major one */
  version: number
  /** the location whose stock is the shop's */
  warehouse: number
  /** @throws OdooError KeyError */
  modelOf(model: string): Model
  /** @throws OdooError ValueError */
  fieldOf(model: string, name: string): Field
  next(sequence: string): number
  /** the beginning of the transaction: every record that it writes bears it */
  now(): string
  /** One call, one transaction: all of it is done or none. @returns what it changed, once each, beside its result */
  atomically<T>(work: () => T): { result: T; changed: Change[] }
  rows(model: string): Row[]
  find(model: string, id: Value): Row | undefined
  /** @throws OdooError MissingError */
  get(model: string, id: number): Row
  childrenOf(model: string, by: string, id: number): Row[]
  /** what lies of a variant in warehouses, and not with customers or suppliers */
  quantsOf(productId: number): Row[]
  /** what a field holds, be it the record's own, computed, or another record's */
  read(model: string, row: Row, name: string): Value
  /** how a record is called in a many2one; '' for none */
  titleOf(model: string, id: Value): string
  /** as the API shows it: many2one with its title, times to the second */
  print(model: string, row: Row, names: readonly string[]): Record<string, unknown>
  /** @param values as the API takes them; one for `write_date` is heeded, so the API has to leave it out */
  create(model: string, values: Record<string, unknown>): Row
  write(model: string, id: number, values: Record<string, unknown>): Row
  remove(model: string, id: number): void
  /** Forgets all records but those of the installation; numbers go on from where they were. */
  clear(): void
}

/** Every record has these, and no caller of the API sets them. */
const magic: Record<string, Field> = {
  id: { type: 'integer' },
  display_name: { type: 'char' },
  create_date: { type: 'datetime' },
  write_date: { type: 'datetime' },
}

/** The records of one database. Times keep their fraction of a second, which is compared and never shown. */
export function createDatabase(version: number): Database {
  const models = modelsOf(version)
  let tables = new Map<string, Map<number, Row>>()
  const counters = new Map<string, number>()
  let stamp: string | null = null
  let undo: (() => void)[] = []
  let changes: Change[] = []

  function modelOf(model: string): Model {
    if (!Object.hasOwn(models, model)) throw pythonError('KeyError', `'${model}'`)
    return models[model]!
  }

  function fieldOf(model: string, name: string): Field {
    if (Object.hasOwn(magic, name)) return magic[name]!
    const { fields } = modelOf(model)
    if (!Object.hasOwn(fields, name)) throw unknownField(model, name)
    return fields[name]!
  }

  function table(model: string): Map<number, Row> {
    const known = tables.get(model)
    if (known) return known
    const made = new Map<number, Row>()
    tables.set(model, made)
    return made
  }

  function next(sequence: string): number {
    const number = (counters.get(sequence) ?? 0) + 1
    counters.set(sequence, number)
    return number
  }

  const database: Database = {
    version,
    warehouse: 0,
    modelOf,
    fieldOf,
    next,
    now: () => stamp ?? timeOf(new Date()),

    atomically<T>(work: () => T): { result: T; changed: Change[] } {
      stamp = timeOf(new Date())
      undo = []
      changes = []
      try {
        const result = work()
        const keys = new Map(changes.map((change) => [`${change.model} ${change.id}`, change]))
        return { result, changed: [...keys.values()].filter(({ model, id }) => table(model).has(id)) }
      } catch (error) {
        for (const step of undo.toReversed()) step()
        throw error
      } finally {
        stamp = null
      }
    },

    rows: (model: string): Row[] => {
      modelOf(model)
      return [...table(model).values()]
    },
    find: (model: string, id: Value): Row | undefined => (typeof id === 'number' ? table(model).get(id) : undefined),
    get(model: string, id: number): Row {
      const row = table(model).get(id)
      if (!row) throw missingRecord(model, id)
      return row
    },
    childrenOf: (model: string, by: string, id: number) => database.rows(model).filter((row) => row[by] === id),
    quantsOf: (productId: number) =>
      database
        .childrenOf('stock.quant', 'product_id', productId)
        .filter((quant) => database.find('stock.location', quant['location_id']!)?.['usage'] === 'internal'),

    read(model: string, row: Row, name: string): Value {
      if (name === 'display_name') return database.titleOf(model, row.id)
      const field = fieldOf(model, name)
      if (field.compute) return field.compute(database, row)
      if (field.via) {
        const [other, target] = followed(model, row, field.via)
        return target ? database.read(other, target, name) : false
      }
      if (field.type === 'one2many') return database.childrenOf(field.of, field.by, row.id).map(({ id }) => id)
      return row[name] ?? false
    },

    titleOf(model: string, id: Value): string {
      const row = database.find(model, id)
      if (!row) return ''
      const title = modelOf(model).title?.(database, row) ?? database.read(model, row, nameField(modelOf(model)))
      return typeof title === 'string' ? title : `${model},${row.id}`
    },

    print(model: string, row: Row, names: readonly string[]): Record<string, unknown> {
      const shown = names.map((name) => {
        const field = fieldOf(model, name)
        const value = database.read(model, row, name)
        if (field.type === 'many2one' && value !== false) return [name, [value, database.titleOf(field.of, value)]]
        if (field.type === 'datetime' && typeof value === 'string') return [name, value.slice(0, 19)]
        return [name, value]
      })
      return { id: row.id, ...Object.fromEntries(shown) }
    },

    create(model: string, values: Record<string, unknown>): Row {
      const given = beforeCreate(database, model, values)
      const id = next(`id of ${model}`)
      const row: Row = { id, create_date: database.now(), write_date: database.now() }
      put(model, row)
      for (const [name, field] of Object.entries(modelOf(model).fields)) {
        if (field.via || field.compute || name in given || field.default === undefined) continue
        row[name] = typeof field.default === 'function' ? field.default(database) : field.default
      }
      assign(model, row, given)
      return database.get(model, id)
    },

    write(model: string, id: number, values: Record<string, unknown>): Row {
      assign(model, { ...database.get(model, id), write_date: database.now() }, values)
      return database.get(model, id)
    },

    remove(model: string, id: number) {
      const row = database.get(model, id)
      table(model).delete(id)
      undo.push(() => table(model).set(id, row))
    },

    clear() {
      tables = new Map()
      seed(database)
    },
  }

  function followed(model: string, row: Row, via: string): [string, Row | undefined] {
    const field = fieldOf(model, via)
    if (field.type !== 'many2one') throw new Error(`${model}.${via} leads nowhere`)
    return [field.of, database.find(field.of, row[via]!)]
  }

  function put(model: string, row: Row) {
    const old = table(model).get(row.id)
    table(model).set(row.id, row)
    undo.push(() => (old ? table(model).set(row.id, old) : table(model).delete(row.id)))
    changes.push({ model, id: row.id })
  }

  function assign(model: string, row: Row, values: Record<string, unknown>) {
    const later: (() => void)[] = []
    for (const [name, given] of Object.entries(values)) {
      if (name === 'id' || name === 'display_name') continue
      const field = fieldOf(model, name)
      if (field.compute) throw userCannot(model, name)
      if (field.via) {
        const via = field.via
        later.push(() => {
          const [other, target] = followed(model, row, via)
          if (target) database.write(other, target.id, { [name]: given })
        })
      } else if (field.type === 'one2many') {
        const { of, by } = field
        later.push(() => obey(of, by, row.id, given))
      } else row[name] = valueOf(model, name, field, given, row[name])
    }
    put(model, row)
    for (const work of later) work()
    // a time that is asked for outlasts what writing to the template has made of it
    const current = database.get(model, row.id)
    if ('write_date' in values && current['write_date'] !== row['write_date'])
      put(model, { ...current, write_date: row['write_date']! })
    for (const [name, field] of Object.entries(modelOf(model).fields)) {
      if (field.required && !field.via && (row[name] ?? false) === false)
        throw validationError(`Missing required value for the field '${name}' (${name})`)
    }
    checkRow(database, model, row)
    // a variant changes with its template, by its stored, computed write_date, and is archived with it
    if (model !== 'product.template') return
    const shared = { write_date: row['write_date']!, ...('active' in values ? { active: row['active']! } : {}) }
    for (const variant of database.childrenOf('product.product', 'product_tmpl_id', row.id))
      put('product.product', { ...variant, ...shared })
  }

  /** Commands on children: make, change, remove. */
  function obey(model: string, by: string, parent: number, commands: unknown) {
    for (const command of listOf(commands)) {
      const [verb, id, values] = listOf(command)
      if (verb === 0) database.create(model, { ...objectOf(values), [by]: parent })
      else if (verb === 1 && typeof id === 'number') database.write(model, id, objectOf(values))
      else if (verb === 2 && typeof id === 'number') database.remove(model, id)
      else throw pythonError('ValueError', `Wrong command ${JSON.stringify(command)} on ${model}`)
    }
  }

  function valueOf(model: string, name: string, field: Field, given: unknown, old: Value | undefined): Value {
    const wrong = () => pythonError('ValueError', `Wrong value for ${model}.${name}: ${JSON.stringify(given)}`)
    if (field.type === 'boolean') return Boolean(given)
    if (field.type === 'many2many') return linked(field.of, given, Array.isArray(old) ? old : [])
    if (field.type === 'float' || field.type === 'integer') {
      const number = given === false || given === null ? 0 : Number(given)
      if (!Number.isFinite(number) || Array.isArray(given)) throw wrong()
      return number
    }
    if (given === false || given === null || given === '') return false
    if (field.type === 'many2one') {
      if (typeof given !== 'number') throw wrong()
      if (!database.find(field.of, given))
        throw validationError(`The operation cannot be completed: ${model}.${name} refers to no ${field.of} (${given})`)
      return given
    }
    if (typeof given !== 'string') throw wrong()
    if (given.includes('\0')) throw pythonError('ValueError', 'A string literal cannot contain NUL (0x00) characters.')
    if (field.type === 'selection' && !field.options.includes(given)) throw wrong()
    if (field.type !== 'datetime') return given
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/.test(given))
      throw pythonError('ValueError', `time data '${given}' does not match format '%Y-%m-%d %H:%M:%S'`)
    return whole(given)
  }

  function linked(of: string, given: unknown, old: number[]): number[] {
    let ids = old
    const all = listOf(given)
    if (all.every((id) => typeof id === 'number')) ids = all
    else {
      for (const command of all) {
        const [verb, id, list] = listOf(command)
        if (verb === 6) ids = listOf(list).filter((id) => typeof id === 'number')
        else if (verb === 5) ids = []
        else if (verb === 4 && typeof id === 'number') ids = [...ids, id]
        else if (verb === 3) ids = ids.filter((other) => other !== id)
        else throw pythonError('ValueError', `Wrong command ${JSON.stringify(command)} on ${of}`)
      }
    }
    for (const id of ids) database.get(of, id)
    return [...new Set(ids)]
  }

  seed(database)
  return database
}

/** What every database has from its installation: places, and the groups that a user may be in. */
function seed(database: Database) {
  database.atomically(() => {
    database.warehouse = database.create('stock.location', { name: 'WH/Stock', usage: 'internal' }).id
    database.create('stock.location', { name: 'Partners/Customers', usage: 'customer' })
    const groups: [xmlId: string, name: string, share: boolean][] = [
      ['group_user', 'Role / User', false],
      ['group_portal', 'Role / Portal', true],
    ]
    for (const [xmlId, name, share] of groups) {
      const { id } = database.create('res.groups', { name, share })
      database.create('ir.model.data', { module: 'base', name: xmlId, model: 'res.groups', res_id: id })
    }
  })
}

/** "2026-02-03 04:05:06.789": sorts as it passes. */
const timeOf = (date: Date) => date.toISOString().replace('T', ' ').slice(0, 23)

/** With a fraction always, so that whole seconds compare with others. */
export const whole = (time: string) => (time.length === 19 ? `${time}.000` : time)

const nameField = (model: Model) => ('name' in model.fields ? 'name' : 'id')

const userCannot = (model: string, name: string) =>
  pythonError('ValueError', `Cannot write the computed field '${name}' of '${model}'`)

const listOf = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value
  throw pythonError('ValueError', `Expected a list of commands, got ${JSON.stringify(value)}`)
}
/** @throws OdooError ValueError for what is none */
export const objectOf = (value: unknown): Record<string, unknown> => {
  if (isRecord(value)) return value
  throw pythonError('ValueError', `Expected values by field, got ${JSON.stringify(value)}`)
}
