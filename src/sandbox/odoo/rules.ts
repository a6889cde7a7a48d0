import { validationError } from './errors.ts'
import type { Database, Row } from './store.ts'

type Values = Record<string, unknown>
type Makers = Pick<Database, 'create' | 'titleOf' | 'find' | 'read'>

/** What the server adds of itself to a record that is being made. */
export function beforeCreate(db: Makers, model: string, values: Values): Values {
  if (model === 'res.users' && !values['partner_id']) {
    const { name, email, login } = values
    return { ...values, partner_id: db.create('res.partner', { name, email: email ?? login }).id }
  }
  if (model === 'product.product' && !values['product_tmpl_id'])
    return { ...values, product_tmpl_id: db.create('product.template', { name: values['name'] }).id }
  if (model === 'sale.order.line' && typeof values['product_id'] === 'number') {
    const product = db.find('product.product', values['product_id'])
    if (!product) return values
    const { name = db.titleOf('product.product', product.id) } = values
    const { price_unit = db.read('product.product', product, 'lst_price') } = values
    return { ...values, name, price_unit }
  }
  return values
}

/**
 * The constraints of the models. None of them keeps a `client_order_ref` from being there twice.
 * @throws OdooError ValidationError
 */
export function checkRow(db: Pick<Database, 'rows'>, model: string, row: Row) {
  const isTaken = (field: string) =>
    row[field] !== false &&
    row[field] !== undefined &&
    db.rows(model).some((other) => other.id !== row.id && other[field] === row[field])
  if (model === 'res.users' && isTaken('login'))
    throw validationError('You can not have two users with the same login!')
  if (model === 'product.product' && isTaken('barcode'))
    throw validationError(`Barcode(s) already assigned:\n\n- Barcode "${String(row['barcode'])}" already assigned`)
  if (model !== 'sale.order.line') return
  const isNote = (row['display_type'] ?? false) !== false
  if (!isNote && (row['product_id'] ?? false) === false)
    throw validationError('Missing required fields on accountable sale order line.')
  if (isNote && (row['price_unit'] !== 0 || (row['product_uom_qty'] !== 0 && row['product_uom_qty'] !== 1)))
    throw validationError('Forbidden values on non-accountable sale order line')
}
