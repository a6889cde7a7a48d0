import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { OrderState, PaymentState } from './states.ts'

/** An order as lists show it. */
export interface OrderSummary {
  id: string
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
  variantId: string
  quantity: number
  name: string
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
  city: string
  region: string
  postalCode: string
  country: string | null
}

/** An order in full. */
export interface Order extends OrderSummary {
  shippingMethod: string
  subtotalMinor: number
  taxMinor: number
  shippingMinor: number
  discountMinor: number
  /** the gateway's id of the latest payment session; null until the gateway answered */
  providerSessionId: string | null
  address: OrderAddress
  lines: OrderLine[]
}

const summaryColumns = sql`
  o.id, o.number, o.state, o.payment_state, o.total_minor, o.item_count, o.customer_id, c.email as customer_email,
  c.full_name as customer_name,
  (select s.tracking_number from shipment s where s.store_id = o.store_id and s.order_id = o.id
    order by s.id desc limit 1) as tracking_number,
  o.created_at, o.updated_at, o.paid_at, o.confirmed_at, o.shipped_at, o.delivered_at`

const inFull = statement(
  'orders.get',
  (p: { storeId: string; id: string }) =>
    sql<Order>`
    select ${summaryColumns}, o.shipping_method, o.subtotal_minor, o.tax_minor, o.shipping_minor, o.discount_minor,
      (select s.provider_session_id from payment_session s where s.store_id = o.store_id and s.order_id = o.id
        order by s.created_at desc, s.id desc limit 1) as provider_session_id,
      (select json_build_object('id', coalesce(a.source_id, a.id), 'wasDefault', a.was_default,
          'recipientName', a.recipient_name, 'phone', a.phone, 'line1', a.line1, 'line2', a.line2, 'city', a.city,
          'region', a.region, 'postalCode', a.postal_code, 'country', a.country)
        from order_address a where a.store_id = o.store_id and a.order_id = o.id) as address,
      (select json_agg(json_build_object('id', l.id, 'productId', l.product_id, 'variantId', l.variant_id,
          'quantity', l.quantity, 'name', l.name, 'description', l.description, 'images', l.images,
          'unitMinor', l.unit_minor, 'totalMinor', l.total_minor) order by l.position)
        from order_line l where l.store_id = o.store_id and l.order_id = o.id) as lines
    from orders o join customer c on c.store_id = o.store_id and c.id = o.customer_id
    where o.store_id = ${p.storeId} and o.id = ${p.id}`,
)

/** @throws Refusal order.unknown, also for another customer's order unless an administrator asks */
export async function getOrder(ctx: Ctx<Db>, orderId: string): Promise<Order> {
  const [order] = await inFull(ctx.tx, { storeId: ctx.store.storeId, id: orderId })
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

export interface OrderQuery {
  /** null: orders of every customer */
  customerId: string | null
  /** null: in every state */
  states: OrderState[] | null
  page: number
  limit: number
}

interface ListParams {
  storeId: string
  customerId: string | null
  states: OrderState[] | null
  limit: number
  offset: number
}

// one statement for each combination of filters, so that each is planned for its own index
const listStatements = (byCustomer: boolean, byState: boolean) => {
  const name = `${byCustomer ? '_customer' : ''}${byState ? '_state' : ''}`
  const where = (p: ListParams) => sql`o.store_id = ${p.storeId}
    ${byCustomer ? sql`and o.customer_id = ${p.customerId}` : sql``}
    ${byState ? sql`and o.state = any(${p.states}::text[])` : sql``}`
  return {
    page: statement(
      `orders.list${name}`,
      (p: ListParams) =>
        sql<OrderSummary>`
        select ${summaryColumns} from orders o join customer c on c.store_id = o.store_id and c.id = o.customer_id
        where ${where(p)} order by o.created_at desc, o.id desc limit ${p.limit} offset ${p.offset}`,
    ),
    count: statement(
      `orders.count${name}`,
      (p: ListParams) => sql<{ total: number }>`select count(*)::int as total from orders o where ${where(p)}`,
    ),
  }
}

const lists = new Map(
  [false, true].flatMap((c) => [false, true].map((s) => [`${c} ${s}`, listStatements(c, s)] as const)),
)

/** A page of orders, newest first, and how many match in all. */
export async function listOrders(ctx: Ctx<Db>, query: OrderQuery): Promise<{ orders: OrderSummary[]; total: number }> {
  const { customerId, states, page, limit } = query
  const run = lists.get(`${customerId !== null} ${states !== null}`)!
  const params = { storeId: ctx.store.storeId, customerId, states, limit, offset: (page - 1) * limit }
  const [orders, counted] = await Promise.all([run.page(ctx.tx, params), run.count(ctx.tx, params)])
  return { orders, total: one(counted).total }
}
