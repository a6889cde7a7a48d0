import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { OrderState, PaymentState } from './states.ts'

/** An order as lists show it. */
export interface OrderSummary {
  id: string
  serial: number
  number: string
  state: OrderState
  paymentState: PaymentState
  totalMinor: number
  itemCount: number
  customerId: string
  customerEmail: string | null
  customerName: string
  trackingNumber: string | null
  createdAt: Date
  updatedAt: Date
  paidAt: Date | null
  confirmedAt: Date | null
  shippedAt: Date | null
  deliveredAt: Date | null
}

export interface OrderLine {
  id: string
  productId: string
  productSerial: number
  variantId: string
  quantity: number
  name: string
  /** without the options; null in orders older than this */
  productName: string | null
  optionNames: string[]
  optionValues: string[]
  sku: string | null
  description: string | null
  images: string[]
  unitMinor: number
  totalMinor: number
}

/** The address as it was when the order was placed. */
export interface OrderAddress {
  id: string
  wasDefault: boolean
  recipientName: string | null
  phone: string | null
  line1: string
  line2: string | null
  district: string | null
  city: string
  region: string
  postalCode: string
  country: string | null
}

export interface OrderSession {
  providerSessionId: string | null
  method: string | null
  channel: string | null
  url: string | null
}

/** An order in full. */
export interface Order extends OrderSummary {
  shippingMethod: string
  courier: string | null
  courierService: string | null
  /** the price came from the shop's own table */
  isShippingEstimated: boolean
  /** what a voucher took off the shipping; the charge is what was left */
  shippingDiscountMinor: number
  voucherCode: string | null
  customerNote: string | null
  /** why it was cancelled, in the words of whoever did */
  cancelReason: string | null
  currency: string
  taxRateBps: number
  taxMode: 'exclusive' | 'inclusive'
  expiresAt: Date
  /** as the courier told it last, oldest first; times as ISO 8601 */
  tracking: { at: string; place: string | null; description: string }[]
  subtotalMinor: number
  taxMinor: number
  shippingMinor: number
  discountMinor: number
  /** the latest payment session; its gateway's id is null until the gateway answered */
  session: OrderSession | null
  address: OrderAddress
  lines: OrderLine[]
}

const summaryColumns = sql`
  o.id, o.serial, o.number, o.state, o.payment_state, o.total_minor, o.item_count, o.customer_id, c.email as customer_email,
  c.full_name as customer_name,
  (select s.tracking_number from shipment s where s.store_id = o.store_id and s.order_id = o.id) as tracking_number,
  o.created_at, o.updated_at, o.paid_at, o.confirmed_at, o.shipped_at, o.delivered_at`

const inFull = (which: RawBuilder<unknown>) => sql<Order>`
    select ${summaryColumns}, o.shipping_method, o.courier, o.courier_service, o.is_shipping_estimated,
      o.shipping_discount_minor, o.voucher_code, o.customer_note, o.currency, o.tax_rate_bps, o.tax_mode, o.expires_at,
      o.subtotal_minor, o.tax_minor, o.shipping_minor, o.discount_minor,
      (select t.note from timeline t where t.store_id = o.store_id and t.order_id = o.id and t.kind = 'cancelled'
        order by t.serial desc limit 1) as cancel_reason,
      coalesce((select s.events from shipment s where s.store_id = o.store_id and s.order_id = o.id), '[]') as tracking,
      (select json_build_object('providerSessionId', s.provider_session_id, 'method', s.method, 'channel', s.channel,
          'url', s.url)
        from payment_session s where s.store_id = o.store_id and s.order_id = o.id
        order by s.created_at desc, s.id desc limit 1) as session,
      (select json_build_object('id', coalesce(a.source_id, a.id), 'wasDefault', a.was_default,
          'recipientName', a.recipient_name, 'phone', a.phone, 'line1', a.line1, 'line2', a.line2, 'district', a.district,
          'city', a.city, 'region', a.region, 'postalCode', a.postal_code, 'country', a.country)
        from order_address a where a.store_id = o.store_id and a.order_id = o.id) as address,
      (select json_agg(json_build_object('id', l.id, 'productId', l.product_id, 'productSerial', p.serial,
          'variantId', l.variant_id, 'quantity', l.quantity, 'name', l.name, 'productName', l.product_name,
          'optionNames', coalesce(l.option_names, p.option_names), 'optionValues', l.option_values, 'sku', l.sku, 'description', l.description, 'images', l.images,
          'unitMinor', l.unit_minor, 'totalMinor', l.total_minor) order by l.position)
        from order_line l join product p on p.store_id = l.store_id and p.id = l.product_id
        where l.store_id = o.store_id and l.order_id = o.id) as lines
    from orders o join customer c on c.store_id = o.store_id and c.id = o.customer_id
    where ${which}`

const byId = statement('orders.get', (p: { storeId: string; id: string }) =>
  inFull(sql`o.store_id = ${p.storeId} and o.id = ${p.id}`),
)

const byNumber = statement('orders.get_by_number', (p: { storeId: string; number: string }) =>
  inFull(sql`o.store_id = ${p.storeId} and o.number = ${p.number}`),
)

/** @throws Refusal order.unknown, also for another customer's order unless an administrator asks */
export async function getOrder(ctx: Ctx<Db>, orderId: string): Promise<Order> {
  const [order] = await byId(ctx.tx, { storeId: ctx.store.storeId, id: orderId })
  const { actor } = ctx
  const isTheirs = actor.kind !== 'customer' || actor.isAdmin || order?.customerId === actor.id
  if (!order || !isTheirs) throw new Refusal('order.unknown', { orderId })
  return order
}

/** The signed-in customer's own order, administrator or not. @throws Refusal order.unknown */
export async function getOwnOrder(ctx: Ctx<Db>, orderId: string): Promise<Order> {
  const order = await getOrder(ctx, orderId)
  if (order.customerId !== customerIdOf(ctx)) throw new Refusal('order.unknown', { orderId })
  return order
}

/** As getOwnOrder, by the order's number. @throws Refusal order.unknown */
export async function getOwnOrderByNumber(ctx: Ctx<Db>, number: string): Promise<Order> {
  const [order] = await byNumber(ctx.tx, { storeId: ctx.store.storeId, number })
  if (order?.customerId !== customerIdOf(ctx)) throw new Refusal('order.unknown', { orderId: number })
  return order
}

const idOfNumber = statement(
  'orders.id_of_number',
  (p: { storeId: string; number: string }) =>
    sql<{ id: string }>`select id from orders where store_id = ${p.storeId} and number = ${p.number}`,
)

/** The id of an order by its number. It grants nothing. @throws Refusal order.unknown */
export async function orderIdOf(ctx: Ctx<Db>, number: string): Promise<string> {
  const [order] = await idOfNumber(ctx.tx, { storeId: ctx.store.storeId, number })
  if (!order) throw new Refusal('order.unknown', { orderId: number })
  return order.id
}

/** Which orders: what a contract prints of one is a function of more than its state. */
export interface OrderFilter {
  states: OrderState[]
  /** of confirmed ones, only those that are paid, or are not */
  confirmedIsPaid?: boolean
  /** of those that came back, only those that had been delivered, or had not */
  returnedIsDelivered?: boolean
}

export interface OrderQuery {
  /** null: orders of every customer */
  customerId: string | null
  /** null: every order */
  filter: OrderFilter | null
  page: number
  limit: number
  oldestFirst?: boolean
}

interface ListParams {
  storeId: string
  customerId: string | null
  states: OrderState[] | null
  confirmedIsPaid: boolean | null
  returnedIsDelivered: boolean | null
  limit: number
  offset: number
}

// one statement for each combination of filters, so that each is planned for its own index
const listStatements = (byCustomer: boolean, byState: boolean) => {
  const name = `${byCustomer ? '_customer' : ''}${byState ? '_state' : ''}`
  const where = (p: ListParams) => sql`o.store_id = ${p.storeId}
    ${byCustomer ? sql`and o.customer_id = ${p.customerId}` : sql``}
    ${
      byState
        ? sql`and o.state = any(${p.states}::text[])
          and (o.state <> 'confirmed' or (o.paid_at is not null) is distinct from (not ${p.confirmedIsPaid}::boolean))
          and (o.state <> 'returned' or (o.delivered_at is not null) is distinct from (not ${p.returnedIsDelivered}::boolean))`
        : sql``
    }`
  const page = (direction: 'asc' | 'desc') =>
    statement(`orders.list${name}_${direction}`, (p: ListParams) => {
      const order = sql.raw(direction)
      return sql<OrderSummary>`
        select ${summaryColumns} from orders o join customer c on c.store_id = o.store_id and c.id = o.customer_id
        where ${where(p)} order by o.created_at ${order}, o.id ${order} limit ${p.limit} offset ${p.offset}`
    })
  return {
    newest: page('desc'),
    oldest: page('asc'),
    count: statement(
      `orders.count${name}`,
      (p: ListParams) => sql<{ total: number }>`select count(*)::int as total from orders o where ${where(p)}`,
    ),
  }
}

const lists = new Map(
  [false, true].flatMap((c) => [false, true].map((s) => [`${c} ${s}`, listStatements(c, s)] as const)),
)

/** A page of orders, newest first where nothing else is asked, and how many match in all. */
export async function listOrders(ctx: Ctx<Db>, query: OrderQuery): Promise<{ orders: OrderSummary[]; total: number }> {
  const { customerId, filter, page, limit, oldestFirst = false } = query
  const run = lists.get(`${customerId !== null} ${filter !== null}`)!
  const params = {
    storeId: ctx.store.storeId,
    customerId,
    states: filter?.states ?? null,
    confirmedIsPaid: filter?.confirmedIsPaid ?? null,
    returnedIsDelivered: filter?.returnedIsDelivered ?? null,
    limit,
    offset: (page - 1) * limit,
  }
  const reading = (oldestFirst ? run.oldest : run.newest)(ctx.tx, params)
  const [orders, counted] = await Promise.all([reading, run.count(ctx.tx, params)])
  return { orders, total: one(counted).total }
}

/** The first lines of an order, for a list. */
export interface OrderPreview {
  name: string
  quantity: number
  image: string | null
}

const previews = statement(
  'orders.previews',
  (p: { storeId: string; ids: readonly string[]; lines: number }) =>
    sql<OrderPreview & { orderId: string }>`
    select order_id, coalesce(product_name, name) as name, quantity, images[1] as image from order_line
    where store_id = ${p.storeId} and order_id = any(${p.ids}::uuid[]) and position < ${p.lines}
    order by order_id, position`,
)

/** What is in some orders, by their ids: three lines of each. */
export async function previewOrders(ctx: Ctx<Db>, ids: readonly string[]): Promise<Map<string, OrderPreview[]>> {
  const byOrder = new Map<string, OrderPreview[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return byOrder
  for (const { orderId, ...line } of await previews(ctx.tx, { storeId: ctx.store.storeId, ids, lines: 3 }))
    byOrder.get(orderId)!.push(line)
  return byOrder
}
