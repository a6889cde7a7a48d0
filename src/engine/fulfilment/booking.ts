import { sql } from 'kysely'
import { statement } from '../database.ts'
import { system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import { enqueue } from '../events/jobs.ts'
import { tell } from '../orders/timeline.ts'
import type { Store } from '../stores/stores.ts'
import { CourierError, forEachParcel, ifOrderedBy } from './courier.ts'
import type { Parcels } from './courier.ts'
import type { FindCourier } from './quotes.ts'
import { chargeableGrams } from './weight.ts'
import type { Piece } from './weight.ts'

// one that staff ordered itself has its courier too: it is followed like the others
const wantBooking = statement(
  'parcels.want',
  (p: { storeId: string; orderId: string }) =>
    sql<{ isWanted: boolean }>`
    update shipment s set courier = o.courier, service = o.courier_service,
      booking_state = case when s.tracking_number is null then 'wanted' else 'none' end
    from orders o
    where s.store_id = ${p.storeId} and s.order_id = ${p.orderId} and s.booking_state = 'none'
      and o.store_id = s.store_id and o.id = s.order_id and o.courier is not null
    returning s.booking_state = 'wanted' as is_wanted`,
)

/** Has the courier ordered for a parcel that is to leave, unless its number is known already: a job does it. */
export async function wantCourier(ctx: Ctx, orderId: string): Promise<void> {
  const [parcel] = await wantBooking(ctx.tx, { storeId: ctx.store.storeId, orderId })
  if (parcel?.isWanted) await enqueue(ctx, 'book-parcel', { orderId }, `parcel ${orderId}`)
}

interface ToBook {
  number: string
  courier: string
  service: string
  attempt: number
  weightGrams: number | null
  totalMinor: number
  recipientName: string
  phone: string
  line1: string
  line2: string | null
  district: string | null
  city: string
  region: string
  postalCode: string
  lines: (Piece & { name: string })[]
}

const toBook = statement(
  'parcels.to_book',
  (p: { storeId: string; orderId: string }) =>
    sql<ToBook>`
    select o.number, s.courier, s.service, s.booking_attempt as attempt, o.weight_grams, o.total_minor,
      coalesce(a.recipient_name, c.full_name) as recipient_name, coalesce(a.phone, c.phone, '') as phone, a.line1, a.line2,
      a.district, a.city, a.region, a.postal_code,
      (select json_agg(json_build_object('name', coalesce(l.product_name, l.name), 'quantity', l.quantity,
          'weightGrams', l.weight_grams, 'lengthCm', l.length_cm, 'widthCm', l.width_cm, 'heightCm', l.height_cm)
          order by l.position)
        from order_line l where l.store_id = o.store_id and l.order_id = o.id) as lines
    from shipment s join orders o on o.store_id = s.store_id and o.id = s.order_id
      join customer c on c.store_id = o.store_id and c.id = o.customer_id
      join order_address a on a.store_id = o.store_id and a.order_id = o.id
    where s.store_id = ${p.storeId} and s.order_id = ${p.orderId} and s.booking_state = 'wanted'`,
)

const keepBooking = statement(
  'parcels.booked',
  (p: { storeId: string; orderId: string; provider: string; providerId: string | null; trackingNumber: string }) =>
    sql`
    update shipment set booking_state = 'booked', state = 'booked', provider = ${p.provider},
      provider_id = ${p.providerId}, tracking_number = coalesce(tracking_number, ${p.trackingNumber})
    where store_id = ${p.storeId} and order_id = ${p.orderId}`,
)

const markBooking = statement(
  'parcels.mark',
  (p: { storeId: string; orderId: string; state: 'wanted' | 'failed'; attempts: number }) =>
    sql`update shipment set booking_state = ${p.state}, booking_attempt = booking_attempt + ${p.attempts}
    where store_id = ${p.storeId} and order_id = ${p.orderId} and booking_state = 'wanted'`,
)

/** What the courier knows the parcel by. One whose number was lost is cancelled and ordered again under the next. */
const referenceOf = ({ number, attempt }: Pick<ToBook, 'number' | 'attempt'>) =>
  attempt > 1 ? `${number}-${attempt}` : number

/**
 * Orders the courier for a parcel. Safe to repeat: our reference is unique with the courier. One at a time, or the job
 * and the sweep would each take the other's order for one whose number was lost.
 * @throws CourierError unavailable: it is tried again later
 */
export async function bookParcel(engine: Engine, find: FindCourier, store: Store, orderId: string): Promise<void> {
  await engine.alone(`parcel ${orderId}`, () => orderCourier(engine, find, store, orderId))
}

async function orderCourier(engine: Engine, find: FindCourier, store: Store, orderId: string): Promise<void> {
  const own = { storeId: store.storeId, orderId }
  const [parcel] = await toBook(engine.db, own)
  if (!parcel) return
  const service = find(store, parcel.courier)
  const { origin } = store.profile
  if (!service?.parcels || !origin) return failBooking(engine, store, orderId, 'nobody can be ordered for this courier')
  const { recipientName: name, phone, line1, line2, district, city, region, postalCode, lines } = parcel
  try {
    const booking = await service.parcels.book({
      reference: referenceOf(parcel),
      courier: parcel.courier,
      service: parcel.service,
      sender: origin,
      recipient: { name, phone, line1, line2, district, city, region, postalCode },
      weightGrams: parcel.weightGrams ?? chargeableGrams(lines),
      pieces: lines.reduce((sum, line) => sum + line.quantity, 0),
      contents: lines.map((line) => line.name).join(', '),
      valueMinor: parcel.totalMinor,
      now: engine.now(),
    })
    await engine.run(store, { kind: 'provider', name: service.name }, async (ctx) => {
      await keepBooking(ctx.tx, { ...own, provider: service.name, ...booking })
      await tell(ctx, orderId, ['parcel_booked'], booking.trackingNumber)
    })
  } catch (error) {
    if (!(error instanceof CourierError) || error.kind === 'unavailable') throw error
    if (error.kind === 'known') return rebook(engine, find, store, orderId, parcel, service.parcels)
    await failBooking(engine, store, orderId, error.message)
  }
}

/** The courier's answer to an earlier try was lost with the parcel's number, and it is not told again. */
async function rebook(
  engine: Engine,
  find: FindCourier,
  store: Store,
  orderId: string,
  parcel: ToBook,
  parcels: Parcels,
): Promise<void> {
  const lost = { courier: parcel.courier, trackingNumber: '', providerId: null, reference: referenceOf(parcel) }
  try {
    await parcels.cancel(lost, 'Ordered again')
  } catch (error) {
    if (!(error instanceof CourierError) || error.kind !== 'refused') throw error
    return failBooking(engine, store, orderId, `ordered as ${lost.reference}, but its number was lost: ask the courier`)
  }
  await markBooking(engine.db, { storeId: store.storeId, orderId, state: 'wanted', attempts: 1 })
  if (parcel.attempt < 5) await orderCourier(engine, find, store, orderId)
}

const orderedParcel = statement(
  'parcels.booking',
  (p: { storeId: string; orderId: string }) =>
    sql<
      Pick<ToBook, 'number' | 'attempt' | 'courier'> & {
        isBooked: boolean
        isOver: boolean
        provider: string | null
        providerId: string | null
        trackingNumber: string
      }
    >`
    select o.number, s.booking_attempt as attempt, s.courier, s.booking_state = 'booked' as is_booked,
      coalesce(s.state in ('cancelled', 'lost'), false) as is_over, s.provider,
      s.provider_id, s.tracking_number
    from shipment s join orders o on o.store_id = s.store_id and o.id = s.order_id
    where s.store_id = ${p.storeId} and s.order_id = ${p.orderId} and s.booking_state in ('booked', 'failed')`,
)

const bookAgain = statement(
  'parcels.book_again',
  (p: { storeId: string; orderId: string; attempt: number }) =>
    sql<{ orderId: string }>`
    update shipment set booking_state = 'wanted', state = null, tracking_number = null, provider = null,
      provider_id = null, booking_attempt = booking_attempt + 1, events = '[]'
    where store_id = ${p.storeId} and order_id = ${p.orderId} and booking_state in ('booked', 'failed')
      and booking_attempt = ${p.attempt}
    returning order_id`,
)

/**
 * Sends the courier of a parcel away, as long as it was not picked up, and orders it anew: for one that never came, or
 * whose ordering failed for a reason that is seen to.
 * @returns false when there is nothing to order anew
 * @throws CourierError refused once it was picked up, and when nobody can send the first courier away; unavailable while
 *   somebody else is at it
 */
export async function rebookParcel(engine: Engine, find: FindCourier, store: Store, orderId: string): Promise<boolean> {
  const isDone = await engine.alone(`parcel ${orderId}`, () => orderAnew(engine, find, store, orderId))
  if (isDone === undefined) throw new CourierError('unavailable', 'its courier is being ordered at this moment')
  return isDone
}

async function orderAnew(engine: Engine, find: FindCourier, store: Store, orderId: string): Promise<boolean> {
  const own = { storeId: store.storeId, orderId }
  const [parcel] = await orderedParcel(engine.db, own)
  if (!parcel) return false
  const { courier, trackingNumber, provider, providerId, attempt, isBooked, isOver } = parcel
  if (isBooked && !isOver) {
    const parcels = ifOrderedBy(find(store, courier), provider)?.parcels
    if (!parcels)
      throw new CourierError(
        'refused',
        `${courier} was ordered through ${provider}, which cannot be asked to cancel it`,
      )
    await parcels.cancel({ courier, trackingNumber, providerId, reference: referenceOf(parcel) }, 'Ordered again')
  }
  if ((await bookAgain(engine.db, { ...own, attempt })).length === 0) return false
  await orderCourier(engine, find, store, orderId)
  return true
}

const takeNumber = statement(
  'parcels.take_number',
  (p: { storeId: string; orderId: string; trackingNumber: string }) =>
    sql<{ orderId: string }>`
    update shipment set tracking_number = ${p.trackingNumber}, booking_state = 'none', provider = null,
      provider_id = null, state = null, events = '[]', polled_at = null
    where store_id = ${p.storeId} and order_id = ${p.orderId} and delivered_at is null
      and (booking_state <> 'booked' or state in ('cancelled', 'lost'))
    returning order_id`,
)

/**
 * Takes the number of a parcel whose courier somebody ordered by hand, after it was shipped: from then on it is followed.
 * @returns false when there is none such: not shipped, delivered, or under way with a courier that we ordered
 * @throws CourierError unavailable while its courier is being ordered
 */
export async function numberParcel(
  engine: Engine,
  store: Store,
  orderId: string,
  trackingNumber: string,
): Promise<boolean> {
  const own = { storeId: store.storeId, orderId }
  const taken = await engine.alone(`parcel ${orderId}`, () => takeNumber(engine.db, { ...own, trackingNumber }))
  if (!taken) throw new CourierError('unavailable', 'its courier is being ordered at this moment')
  return taken.length > 0
}

/** A person has to see to it: the order's timeline says why. */
const failBooking = (engine: Engine, store: Store, orderId: string, why: string) =>
  engine.run(store, system, async (ctx) => {
    await markBooking(ctx.tx, { storeId: store.storeId, orderId, state: 'failed', attempts: 0 })
    await tell(ctx, orderId, ['parcel_refused'], why)
  })

const openParcels = statement(
  'parcels.open',
  (p: { before: Date }) =>
    sql<{ storeId: string; orderId: string; courier: string }>`
    select store_id, order_id, courier from shipment where booking_state = 'wanted' and shipped_at < ${p.before}
    order by shipped_at limit 200`,
)

/** Goes on with parcels that no courier was ordered for yet: the job died with its worker, or gave up. */
export async function bookOpenParcels(
  engine: Engine,
  find: FindCourier,
  storeById: (storeId: string) => Store | undefined,
): Promise<void> {
  const open = await openParcels(engine.db, { before: new Date(engine.now().getTime() - 2 * 60_000) })
  await forEachParcel(open, async ({ storeId, orderId }) => {
    const store = storeById(storeId)
    if (store) await bookParcel(engine, find, store, orderId)
  })
}
