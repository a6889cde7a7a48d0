import type { Database, Row, Value } from './store.ts'

interface Common {
  required?: true
  /** what a new record has when its maker says nothing; a function is asked at the time */
  default?: Value | ((db: Database) => Value)
  /** for one whose value follows from others: nobody can write it, and no search by it is quicker for it */
  compute?: (db: Database, row: Row) => Value
  /** a field of another record, to which this many2one leads, shown and written as one's own */
  via?: string
}
export type Field = Common &
  (
    | { type: 'char' | 'text' | 'html' | 'float' | 'integer' | 'boolean' | 'datetime' }
    | { type: 'selection'; options: readonly string[] }
    | { type: 'many2one' | 'many2many'; of: string }
    | { type: 'one2many'; of: string; by: string }
  )

export interface Model {
  fields: Record<string, Field>
  /** how a record is called in a many2one; its `name` where nothing is said */
  title?: (db: Database, row: Row) => string
}

const char: Field = { type: 'char' }
const text: Field = { type: 'text' }
const html: Field = { type: 'html' }
const float: Field = { type: 'float', default: 0 }
const datetime: Field = { type: 'datetime' }
const name: Field = { type: 'char', required: true }
const yes: Field = { type: 'boolean', default: true }
const no: Field = { type: 'boolean', default: false }
const one = (of: string): Field => ({ type: 'many2one', of })
const theOne = (of: string): Field => ({ type: 'many2one', of, required: true })
const many = (of: string): Field => ({ type: 'many2many', of })
const children = (of: string, by: string): Field => ({ type: 'one2many', of, by })
const computed = (type: 'char' | 'float' | 'boolean', compute: Common['compute']): Field => ({ type, compute })

const textOf = (value: Value | undefined) => (typeof value === 'string' ? value : '')
export const numberOf = (value: Value | undefined) => (typeof value === 'number' ? value : 0)
const idsOf = (value: Value | undefined) => (Array.isArray(value) ? value : [])
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

/** Of the quants in warehouses, and no customer's or supplier's. */
const inWarehouses = (field: string) => (db: Database, row: Row) =>
  sum(db.quantsOf(row.id).map((quant) => numberOf(quant[field])))

/**
 * The models and fields that a shop has to do with, as the modules sale_management, stock, delivery and portal make
 * them. They differ by version: whether a product is kept in stock was a `type` before 18, and a user's groups had
 * their Greek plural before 19.
 * @param version the major one, 14 to 19
 */
export function modelsOf(version: number): Record<string, Model> {
  const isStorable: Record<string, Field> =
    version >= 18
      ? { type: productType(['consu', 'service', 'combo'], 'consu'), is_storable: no }
      : { type: productType(['consu', 'service', 'product'], 'consu') }
  const groups = version >= 19 ? 'group_ids' : 'groups_id'
  const ofTemplate = {
    name,
    list_price: { ...float, default: 1 },
    categ_id: one('product.category'),
    sale_ok: yes,
    purchase_ok: yes,
    description_sale: text,
    ...isStorable,
  }

  return {
    'ir.model.data': { fields: { module: name, name, model: name, res_id: { type: 'integer', default: 0 } } },
    'res.groups': { fields: { name, share: no } },
    'res.users': {
      fields: {
        login: name,
        partner_id: theOne('res.partner'),
        active: yes,
        name: { ...char, via: 'partner_id' },
        email: { ...char, via: 'partner_id' },
        [groups]: many('res.groups'),
        share: computed('boolean', (db, row) => {
          const all = idsOf(row[groups]).map((id) => db.get('res.groups', id))
          return all.length > 0 && all.every((group) => group['share'] === true)
        }),
      },
    },
    'res.partner': {
      fields: {
        name,
        ref: char,
        email: char,
        phone: char,
        street: char,
        street2: char,
        city: char,
        zip: char,
        vat: char,
        is_company: no,
        active: yes,
        parent_id: one('res.partner'),
        user_ids: children('res.users', 'partner_id'),
        sale_order_ids: children('sale.order', 'partner_id'),
      },
    },
    'product.category': {
      fields: {
        name,
        parent_id: one('product.category'),
        complete_name: computed('char', (db, row) => pathOf(db, row)),
      },
      title: pathOf,
    },
    'product.attribute': { fields: { name, value_ids: children('product.attribute.value', 'attribute_id') } },
    'product.attribute.value': { fields: { name, attribute_id: theOne('product.attribute') } },
    'product.template.attribute.value': {
      fields: {
        product_tmpl_id: theOne('product.template'),
        product_attribute_value_id: theOne('product.attribute.value'),
        price_extra: float,
        name: { ...char, via: 'product_attribute_value_id' },
        attribute_id: { ...one('product.attribute'), via: 'product_attribute_value_id' },
      },
      title: (db, row) => `${db.titleOf('product.attribute', db.read(ptav, row, 'attribute_id'))}: ${value(db, row)}`,
    },
    'product.template': {
      fields: {
        ...ofTemplate,
        active: yes,
        product_variant_ids: children('product.product', 'product_tmpl_id'),
      },
    },
    'product.product': {
      fields: {
        ...Object.fromEntries(
          Object.entries(ofTemplate).map(([key, field]) => [key, { ...field, via: 'product_tmpl_id' }]),
        ),
        product_tmpl_id: theOne('product.template'),
        default_code: char,
        barcode: char,
        active: yes,
        weight: float,
        product_template_attribute_value_ids: many(ptav),
        price_extra: computed('float', extrasOf),
        lst_price: computed(
          'float',
          (db, row) => numberOf(db.read('product.product', row, 'list_price')) + extrasOf(db, row),
        ),
        qty_available: computed('float', inWarehouses('quantity')),
        free_qty: computed(
          'float',
          (db, row) => inWarehouses('quantity')(db, row) - inWarehouses('reserved_quantity')(db, row),
        ),
      },
      title: (db, row) => {
        const code = textOf(row['default_code'])
        const values = idsOf(row['product_template_attribute_value_ids']).map((id) => value(db, db.get(ptav, id)))
        const [before, after] = [code && `[${code}] `, values.length ? ` (${values.join(', ')})` : '']
        return `${before}${textOf(db.read('product.product', row, 'name'))}${after}`
      },
    },
    'stock.location': { fields: { name, usage: selection(['internal', 'customer', 'supplier', 'inventory']) } },
    'stock.quant': {
      fields: {
        product_id: theOne('product.product'),
        location_id: { ...theOne('stock.location'), default: (db) => db.warehouse },
        quantity: float,
        reserved_quantity: float,
        available_quantity: computed(
          'float',
          (_db, row) => numberOf(row['quantity']) - numberOf(row['reserved_quantity']),
        ),
      },
      title: (db, row) => db.titleOf('product.product', row['product_id']!),
    },
    'sale.order': {
      fields: {
        name: { ...name, default: (db) => `S${String(db.next('sale.order')).padStart(5, '0')}` },
        partner_id: theOne('res.partner'),
        client_order_ref: char,
        origin: char,
        date_order: { ...datetime, required: true, default: (db) => db.now() },
        state: { ...selection(version >= 17 ? orderStates : [...orderStates, 'done']), default: 'draft' },
        locked: no,
        note: html,
        effective_date: datetime,
        order_line: children('sale.order.line', 'order_id'),
        picking_ids: children('stock.picking', 'sale_id'),
        amount_total: computed('float', (db, row) =>
          sum(db.childrenOf('sale.order.line', 'order_id', row.id).map(subtotal)),
        ),
      },
    },
    'sale.order.line': {
      fields: {
        order_id: theOne('sale.order'),
        product_id: one('product.product'),
        name: { ...text, required: true },
        product_uom_qty: { ...float, default: 1 },
        price_unit: float,
        discount: float,
        display_type: selection(['line_section', 'line_note']),
        price_subtotal: computed('float', (_db, row) => subtotal(row)),
      },
    },
    'stock.picking': {
      fields: {
        name: { ...name, default: (db) => `WH/OUT/${String(db.next('stock.picking')).padStart(5, '0')}` },
        partner_id: one('res.partner'),
        sale_id: one('sale.order'),
        origin: char,
        state: { ...selection(['draft', 'waiting', 'confirmed', 'assigned', 'done', 'cancel']), default: 'draft' },
        picking_type_code: { ...selection(['incoming', 'outgoing', 'internal']), default: 'outgoing' },
        carrier_tracking_ref: char,
        date_done: datetime,
        move_ids: children('stock.move', 'picking_id'),
      },
    },
    'stock.move': {
      fields: {
        name,
        picking_id: one('stock.picking'),
        product_id: theOne('product.product'),
        location_id: { ...theOne('stock.location'), default: (db) => db.warehouse },
        product_uom_qty: float,
        [reservedField(version)]: float,
        state: computed('char', moveState),
      },
    },
  }
}

/** Until 16, what a move has reserved has a name of its own. */
export const reservedField = (version: number) => (version >= 17 ? 'quantity' : 'reserved_availability')

function moveState(db: Database, row: Row): Value {
  const state = db.find('stock.picking', row['picking_id']!)?.['state'] ?? 'draft'
  if (state !== 'confirmed' && state !== 'assigned') return state
  const reserved = numberOf(row[reservedField(db.version)])
  if (reserved >= numberOf(row['product_uom_qty'])) return 'assigned'
  return reserved > 0 ? 'partially_available' : 'confirmed'
}

const ptav = 'product.template.attribute.value'
const orderStates = ['draft', 'sent', 'sale', 'cancel']

function selection(options: readonly string[]): Field {
  return { type: 'selection', options }
}
function productType(options: readonly string[], first: string): Field {
  return { type: 'selection', options, default: first, required: true }
}

const value = (db: Database, row: Row) => textOf(db.read(ptav, row, 'name'))

function extrasOf(db: Database, row: Row): number {
  return sum(idsOf(row['product_template_attribute_value_ids']).map((id) => numberOf(db.get(ptav, id)['price_extra'])))
}

function subtotal(line: Row): number {
  const { product_uom_qty: quantity, price_unit: price, discount } = line
  return numberOf(quantity) * numberOf(price) * (1 - numberOf(discount) / 100)
}

/** "All / Furniture / Tables" */
function pathOf(db: Database, row: Row): string {
  const names: string[] = []
  for (let at: Row | undefined = row; at && names.length < 50; at = db.find('product.category', at['parent_id']!))
    names.unshift(textOf(at['name']))
  return names.join(' / ')
}
