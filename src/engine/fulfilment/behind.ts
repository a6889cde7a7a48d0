import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Store } from '../stores/stores.ts'

/** A parcel that goes nowhere by itself. */
export interface StuckParcel {
  /** its order's */
  number: string
  courier: string | null
  trackingNumber: string | null
  /**
   * failed: no courier could be ordered; cancelled, lost: so its courier says; elsewhere: it was ordered through a service
   * that no longer speaks for its courier here, and nobody follows it; flagged: its tag was read far from the address
   */
  why: 'failed' | 'cancelled' | 'lost' | 'elsewhere' | 'flagged'
  /** in the courier's words */
  note: string | null
}

const countWanted = statement(
  'parcels.count',
  (p: { storeId: string }) =>
    sql<{ wanted: number }>`
    select count(*)::int as wanted from shipment where store_id = ${p.storeId} and booking_state = 'wanted'`,
)

const stuckParcels = statement(
  'parcels.stuck',
  (p: { storeId: string; couriers: string }) =>
    sql<StuckParcel>`
    select o.number, s.courier, s.tracking_number, w.why,
      (select t.note from timeline t where t.store_id = s.store_id and t.order_id = s.order_id
        and t.kind = case w.why when 'failed' then 'parcel_refused' when 'flagged' then 'proof_flagged' else 'parcel_' || w.why end
        order by t.serial desc limit 1) as note
    from shipment s join orders o on o.store_id = s.store_id and o.id = s.order_id
      cross join lateral (select case
        when s.state in ('cancelled', 'lost') then s.state
        when s.booking_state = 'failed' and s.tracking_number is null then 'failed'
        when s.booking_state = 'booked' and s.provider is distinct from ${p.couriers}::jsonb ->> s.courier
          then 'elsewhere'
        when exists (select from proof p where p.store_id = s.store_id and p.order_id = s.order_id and p.verdict = 'flagged')
          then 'flagged' end as why) w
    where s.store_id = ${p.storeId} and s.delivered_at is null and o.state = 'shipped' and w.why is not null
    order by s.shipped_at, o.number`,
)

/** How many parcels wait for a courier, and those that a person has to see to. */
export async function parcelsBehind(db: Db, { storeId, couriers }: Store) {
  const [counts, stuck] = await Promise.all([
    countWanted(db, { storeId }),
    stuckParcels(db, { storeId, couriers: JSON.stringify(couriers) }),
  ])
  return { wanted: one(counts).wanted, stuck }
}
