import { execute } from './database.ts'
import type { Db } from './database.ts'

/** One row that breaks an invariant. */
export interface Finding {
  invariant: string
  /** which row, in words that lead to it */
  row: string
}

/**
 * Everything that must hold whatever happened, as queries for the rows that break it. What a CHECK or a unique index
 * already refuses is not asked again.
 */
const invariants: Record<string, string> = {
  'what is allocated is what live reservations hold': `
    select 'variant ' || s.variant_id || ': allocated ' || s.allocated || ', reserved ' || coalesce(r.held, 0)
    from stock s left join (
      select store_id, variant_id, sum(quantity) as held from reservation where state in ('held', 'committed')
      group by store_id, variant_id) r on r.store_id = s.store_id and r.variant_id = s.variant_id
    where s.allocated <> coalesce(r.held, 0)`,

  'reservations follow their order': `
    select 'order ' || o.number || ' is ' || o.state || ', its reservation of ' || r.variant_id || ' is ' || r.state
    from reservation r join orders o on o.store_id = r.store_id and o.id = r.order_id
    where not case
      when o.state = 'placed' then r.state in ('held', 'released')
      when o.state in ('confirmed', 'processing') then r.state = 'committed'
      when o.state in ('shipped', 'delivered', 'returned') then r.state = 'taken'
      else r.state = 'released' end`,

  'counted lines of an order are reserved in full': `
    select 'order ' || o.number || ', variant ' || l.variant_id
    from orders o join (
      select l.store_id, l.order_id, l.variant_id, sum(l.quantity) as quantity from order_line l
      where l.is_counted group by l.store_id, l.order_id, l.variant_id) l on l.store_id = o.store_id and l.order_id = o.id
    left join reservation r on r.store_id = l.store_id and r.order_id = l.order_id and r.variant_id = l.variant_id
    where r.quantity is null or r.quantity > l.quantity`,

  'an order’s lines add up to it': `
    select 'order ' || o.number || ': subtotal ' || o.subtotal_minor || ', tax ' || o.tax_minor || ', pieces ' || o.item_count
    from orders o left join (
      select store_id, order_id, sum(total_minor) as subtotal, sum(tax_minor) as tax, sum(quantity) as pieces,
        sum(discount_minor) as discount
      from order_line group by store_id, order_id) l on l.store_id = o.store_id and l.order_id = o.id
    where (o.subtotal_minor, o.tax_minor, o.item_count, o.discount_minor)
      is distinct from (l.subtotal, l.tax, l.pieces, l.discount)`,

  'an order has an address, a payment session and a beginning': `
    select 'order ' || o.number from orders o
    where not exists (select from order_address a where a.store_id = o.store_id and a.order_id = o.id)
      or not exists (select from payment_session s where s.store_id = o.store_id and s.order_id = o.id)
      or not exists (select from timeline t where t.store_id = o.store_id and t.order_id = o.id and t.kind = 'placed')`,

  'an order’s state was entered as its timeline says': `
    select 'order ' || o.number || ' is ' || o.state from orders o
    where not exists (select from timeline t where t.store_id = o.store_id and t.order_id = o.id and t.kind = o.state)
      or not exists (select from event e where e.store_id = o.store_id and e.subject_id = o.id and e.type = 'order.' || o.state)`,

  'times tell the same as states': `
    select 'order ' || o.number || ' is ' || o.state || ', ' || o.payment_state from orders o
    where (o.paid_at is not null) <> (o.payment_state in ('paid', 'partly_refunded', 'refunded'))
      or (o.state in ('confirmed', 'processing', 'shipped', 'delivered', 'returned') and o.confirmed_at is null)
      or (o.state in ('shipped', 'delivered', 'returned') and o.shipped_at is null)
      or (o.state = 'delivered' and o.delivered_at is null)`,

  'a paid order has its money, and no order has more than it keeps': `
    select 'order ' || o.number || ': total ' || o.total_minor || ', kept ' || coalesce(p.kept, 0)
    from orders o left join (
      select store_id, order_id, sum(amount_minor - refunded_minor) as kept, sum(amount_minor) as captured from payment
      where state = 'captured' group by store_id, order_id) p on p.store_id = o.store_id and p.order_id = o.id
    where case
      when o.state in ('cancelled', 'expired') then coalesce(p.kept, 0) <> 0
      when o.paid_at is not null and o.state <> 'returned' then coalesce(p.kept, 0) <> o.total_minor
      when o.paid_at is not null then coalesce(p.kept, 0) > o.total_minor
      else coalesce(p.kept, 0) >= o.total_minor and o.total_minor > 0 end`,

  'what is set aside of a payment is what its refunds ask': `
    select 'payment ' || p.provider_payment_id || ': set aside ' || p.refunded_minor
    from payment p left join (
      select store_id, payment_id, sum(amount_minor) as asked from refund group by store_id, payment_id) r
      on r.store_id = p.store_id and r.payment_id = p.id
    where p.refunded_minor <> coalesce(r.asked, 0)`,

  'an order that ended is refunded once all of its money has been given back': `
    select 'order ' || o.number || ' is ' || o.state || ', ' || o.payment_state
    from orders o join (
      select p.store_id, p.order_id, sum(p.amount_minor) as captured, sum(coalesce(r.given, 0)) as given
      from payment p left join (
        select store_id, payment_id, sum(amount_minor) as given from refund where state = 'processed'
        group by store_id, payment_id) r on r.store_id = p.store_id and r.payment_id = p.id
      where p.state = 'captured' group by p.store_id, p.order_id) m on m.store_id = o.store_id and m.order_id = o.id
    where o.state = 'cancelled' and o.paid_at is not null and m.given = m.captured and o.payment_state <> 'refunded'`,

  'the ledger holds at each gateway what was captured and not given back': `
    select 'order ' || o.number || ': ledger ' || coalesce(l.held, 0) || ', payments ' || coalesce(p.held, 0)
    from orders o left join (
      select store_id, order_id, sum(case when debit like 'gateway.%' then amount_minor else 0 end
        - case when credit like 'gateway.%' then amount_minor else 0 end) as held
      from ledger_transfer group by store_id, order_id) l on l.store_id = o.store_id and l.order_id = o.id
    left join (
      select p.store_id, p.order_id, sum(p.amount_minor - coalesce(r.given, 0)) as held from payment p left join (
        select store_id, payment_id, sum(amount_minor) as given from refund where state = 'processed'
        group by store_id, payment_id) r on r.store_id = p.store_id and r.payment_id = p.id
      where p.state = 'captured' group by p.store_id, p.order_id) p on p.store_id = o.store_id and p.order_id = o.id
    where coalesce(l.held, 0) <> coalesce(p.held, 0)`,

  'sold is what paid orders cost': `
    select 'order ' || o.number || ': sold ' || coalesce(l.sold, 0)
    from orders o left join (
      select store_id, order_id, sum(case when credit = 'sales' then amount_minor else 0 end
        - case when debit = 'sales' then amount_minor else 0 end) as sold
      from ledger_transfer group by store_id, order_id) l on l.store_id = o.store_id and l.order_id = o.id
    where coalesce(l.sold, 0) <> case when o.paid_at is not null and o.state <> 'cancelled' then o.total_minor else 0 end
      and not (o.state = 'returned')`,

  'what we hold of a customer’s is owed back by a refund, or is part of an order still open': `
    select 'order ' || o.number || ': held ' || coalesce(l.held, 0) || ', owed ' || coalesce(r.owed, 0)
    from orders o left join (
      select store_id, order_id, sum(case when credit = 'customer' then amount_minor else 0 end
        - case when debit = 'customer' then amount_minor else 0 end) as held
      from ledger_transfer group by store_id, order_id) l on l.store_id = o.store_id and l.order_id = o.id
    left join (
      select store_id, order_id, sum(amount_minor) as owed from refund where state <> 'processed'
      group by store_id, order_id) r on r.store_id = o.store_id and r.order_id = o.id
    where coalesce(l.held, 0) <> coalesce(r.owed, 0) and (o.paid_at is not null or o.state in ('cancelled', 'expired'))`,

  'no refund has failed: somebody has to give that money back': `
    select 'refund ' || r.id || ' of order ' || o.number from refund r
    join orders o on o.store_id = r.store_id and o.id = r.order_id where r.state = 'failed'`,

  'numbers that were given out are counted': `
    select 'store ' || s.slug from store s
    where (select count(*) from orders o where o.store_id = s.store_id)
      > (select coalesce(sum(last), 0) from order_counter c
        where c.store_id = s.store_id and not starts_with(c.period, 'invoice '))`,

  'invoice numbers have no gap': `
    select 'store ' || s.slug from store s
    where (select count(*) from invoice i where i.store_id = s.store_id)
      <> (select coalesce(sum(last), 0) from order_counter c
        where c.store_id = s.store_id and starts_with(c.period, 'invoice '))`,

  'a voucher was used as often as it says': `
    select 'voucher ' || v.code || ': used ' || v.used from voucher v
    where v.used <> (select count(*) from voucher_use u
      where u.store_id = v.store_id and u.voucher_id = v.id and u.returned_at is null)`,

  'the voucher of an order that ended was given back': `
    select 'order ' || o.number from voucher_use u join orders o on o.store_id = u.store_id and o.id = u.order_id
    where u.returned_at is null and o.state in ('cancelled', 'expired')`,

  'a parcel that a courier was ordered for has its number': `
    select 'order ' || o.number from shipment s join orders o on o.store_id = s.store_id and o.id = s.order_id
    where s.booking_state = 'booked' and s.tracking_number is null`,

  'a variant is listed and sorted as its product is': `
    select 'variant ' || v.id from variant v join product p on p.store_id = v.store_id and p.id = v.product_id
    where v.is_listed <> (v.is_active and p.is_active) or v.category_id <> p.category_id`,

  'kept counts are right': `
    select 'category ' || c.name || ': kept ' || c.listed_count from category c
    where c.listed_count <> (select count(*) from variant v
      where v.store_id = c.store_id and v.category_id = c.id and v.is_listed)`,

  'a product is listed with the price of its cheapest variant': `
    select 'product ' || p.slug || ': ' || coalesce(p.price_minor::text, 'none') from product p
    where p.price_minor is distinct from (select min(v.price_minor) from variant v
      where v.store_id = p.store_id and v.product_id = p.id and v.is_listed)`,

  'a product is found in its category and all above': `
    with recursive up as (
      select store_id, id as leaf, id, parent_id from category
      union all
      select c.store_id, up.leaf, c.id, c.parent_id from up
      join category c on c.store_id = up.store_id and c.id = up.parent_id
    )
    select 'product ' || p.slug from product p
    where exists (select from up where up.store_id = p.store_id and up.leaf = p.category_id
        and not 'category=' || up.id = any(p.facets)) and p.is_listed`,

  'kept counts of products are right': `
    select 'category ' || c.slug || ': kept ' || c.product_count from category c
    where c.product_count <> (select count(*) from product p
      where p.store_id = c.store_id and p.is_listed and 'category=' || c.id = any(p.facets))
    union all
    select 'store ' || s.slug || ': kept ' || v.product_count from catalogue_version v join store s using (store_id)
    where v.product_count <> (select count(*) from product p where p.store_id = v.store_id and p.is_listed)`,

  'a product’s stars are those of its reviews': `
    select 'product ' || p.slug from product p
    where p.ratings <> array(select count(r.id)::int from generate_series(1, 5) star
      left join review r on r.store_id = p.store_id and r.product_id = p.id and r.rating = star
      group by star order by star)`,

  'a review was found helpful as often as it says': `
    select 'review ' || r.serial || ': ' || r.helpful_count from review r
    where r.helpful_count <> (select count(*) from review_vote v where v.store_id = r.store_id and v.review_id = r.id)`,

  'every store has a catalogue version': `
    select 'store ' || s.slug from store s
    where not exists (select from catalogue_version v where v.store_id = s.store_id)`,

  'what is owed has its event, and somebody to whom it is owed': `
    select 'webhook delivery ' || d.id from webhook_delivery d
    where not exists (select from webhook_endpoint e where e.store_id = d.store_id and e.id = d.endpoint_id)
      or not exists (select from event v where v.store_id = d.store_id and v.id = d.event_id)`,

  // what was being written in that minute ends at its first try
  'nothing waits for an endpoint that was switched off': `
    select 'webhook delivery ' || d.id from webhook_delivery d
    join webhook_endpoint e on e.store_id = d.store_id and e.id = d.endpoint_id
    where d.delivered_at is null and d.failed_at is null and d.created_at < e.disabled_at - interval '1 minute'`,

  'what was delivered has an answer in the log that says so': `
    select 'webhook delivery ' || d.id from webhook_delivery d
    where d.delivered_at is not null and not exists (select from webhook_attempt a
      where a.store_id = d.store_id and a.delivery_id = d.id and a.status between 200 and 299)`,

  'a proof is stated once for its enrolment, and once for its delivery': `
    select 'proof ' || p.id from proof p
    left join log_entry e on e.store_id = p.store_id and e.proof_id = p.id and e.position = 0
    left join log_entry d on d.store_id = p.store_id and d.proof_id = p.id and d.position = 1
    left join (
      select store_id, subject_id, count(*) as told from event where type = 'proof.verified' group by store_id, subject_id) v
      on v.store_id = p.store_id and v.subject_id = p.id
    where e.id is null or (d.id is null) <> (p.verified_at is null)
      or coalesce(v.told, 0) <> case when p.verified_at is null then 0 else 1 end
    union all
    select 'statement ' || e.id from log_entry e where e.proof_id is not null
      and not exists (select from proof p where p.store_id = e.store_id and p.id = e.proof_id)`,

  'what was signed was signed by a published key': `
    select 'statement ' || e.id || ': ' || e.kid from log_entry e
    where not exists (select from proof_key k where k.store_id = e.store_id and k.kid = e.kid)`,

  'an order whose parcel was tapped at its door is under way no more': `
    select 'order ' || o.number || ': proof ' || p.id from proof p
    join orders o on o.store_id = p.store_id and o.id = p.order_id
    where o.state = 'shipped' and p.verdict in ('pass', 'near')`,

  'a revoked key is revoked in the log, too': `
    select 'key ' || k.kid || ' of ' || k.store_id from proof_key k
    where (k.revoked_at is null) <> (k.revoked_entry is null)`,

  'a key that was used names its order or its answer': `
    select 'key of ' || k.route || ' at ' || k.created_at from idempotency_key k
    where k.status is null and k.order_id is null`,

  'a log has as many entries as its tree, and no gap between them': `
    select 'store ' || s.slug || ': tree of ' || coalesce(l.size, 0) || ', entries ' || coalesce(e.entries, 0)
      || ', the last at ' || coalesce(e.last, -1)
    from store s left join log_tree l using (store_id) left join (
      select store_id, count(*) as entries, max(log_index) as last from log_entry where log_index is not null
      group by store_id) e using (store_id)
    where (coalesce(l.size, 0), coalesce(l.size, 0) - 1) <> (coalesce(e.entries, 0), coalesce(e.last, -1))`,

  'a log’s tiles are as many and as wide as its size makes them': `
    select 'store ' || s.slug || ', level ' || level || ': ' || coalesce(t.tiles, 0) || ' tiles, '
      || coalesce(t.hashes, 0) || ' hashes'
    from log_tree l join store s using (store_id) cross join generate_series(0, 6) level
    left join (
      select t.store_id, t.level, count(*) as tiles, sum(length(t.hashes)) / 32 as hashes,
        count(*) filter (where length(t.hashes) = 8192) as filled, max(t.index) as last
      from log_tile t group by t.store_id, t.level) t using (store_id, level)
    where (coalesce(t.hashes, 0), coalesce(t.filled, 0), coalesce(t.last, -1))
      <> (l.size >> 8 * level, l.size >> 8 * level + 8, ((l.size >> 8 * level) + 255) / 256 - 1)`,

  'a log’s checkpoint says the size and the root of its tree': `
    select 'store ' || s.slug || ': size ' || l.size from log_tree l join store s using (store_id)
    where l.size > 0
      and not starts_with(l.checkpoint, concat_ws(E'\\n', l.origin, l.size, encode(l.root, 'base64'), E'\\n— '))`,
}

/** Walks every invariant, in one snapshot. @returns the rows that break one, a hundred of each at most */
export async function audit(db: Db): Promise<{ checked: number; findings: Finding[] }> {
  const findings: Finding[] = []
  for (const [invariant, query] of Object.entries(invariants)) {
    const rows = await execute(db, `select * from (${query}) broken limit 100`)
    findings.push(...rows.map(([row]) => ({ invariant, row: String(row) })))
  }
  return { checked: Object.keys(invariants).length, findings }
}
