import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { discountOf, findVoucher, offeredVouchers, problemOf } from '../../engine/promotions/vouchers.ts'
import type { Voucher as EngineVoucher } from '../../engine/promotions/vouchers.ts'
import type { Services } from '../toolkit/contract.ts'
import { failure, voucherReasons } from './errors.ts'
import { Failure, Rupiah, Success, Text, Time, ok, refusals } from './fields.ts'

const DiscountType = Type.Enum(['percentage', 'fixed_amount', 'free_shipping'])

export const Voucher = Type.Object({
  code: Type.String(),
  discount_type: DiscountType,
  discount_value: Type.Integer({ description: 'per cent, or rupiah; 0 for free shipping' }),
  discount_amount: Rupiah,
})

const valueOf = ({ percentBps, amountMinor }: EngineVoucher) =>
  percentBps === null ? (amountMinor ?? 0) : Math.round(percentBps / 100)

export const toVoucher = (voucher: EngineVoucher, discountMinor: number) => ({
  code: voucher.code,
  discount_type: voucher.kind,
  discount_value: valueOf(voucher),
  discount_amount: discountMinor,
})

const Offered = Type.Object({
  code: Type.String(),
  name: Type.String(),
  description: Type.String(),
  discount_type: DiscountType,
  discount_value: Type.Integer(),
  max_discount_amount: Rupiah,
  min_purchase_amount: Rupiah,
  start_date: Time,
  end_date: Time,
  usage_remaining: Type.Integer({ description: 'by this customer' }),
})

/** What stands where there is no limit: the fields have to be numbers and times, and clients take the smaller one. */
const unlimitedAmount = Number.MAX_SAFE_INTEGER
const unlimitedUses = 999_999
const endless = new Date('9999-12-31T23:59:59Z')

const toOffered = (voucher: EngineVoucher) => ({
  code: voucher.code,
  name: voucher.name,
  description: voucher.description,
  discount_type: voucher.kind,
  discount_value: valueOf(voucher),
  max_discount_amount: voucher.maxDiscountMinor ?? voucher.amountMinor ?? unlimitedAmount,
  min_purchase_amount: voucher.minPurchaseMinor,
  start_date: voucher.startsAt.toISOString(),
  end_date: (voucher.endsAt ?? endless).toISOString(),
  usage_remaining: Math.min(
    left(voucher.customerLimit, voucher.usedByCustomer),
    left(voucher.usageLimit, voucher.used),
  ),
})

const left = (limit: number | null, used: number) => (limit === null ? unlimitedUses : Math.max(limit - used, 0))

export const vouchers: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'customer' } as const

  app.get(
    '/api/vouchers/available',
    {
      config,
      schema: {
        summary: 'Vouchers that the caller can use now',
        response: { 200: Success(Type.Object({ vouchers: Type.Array(Offered) })), ...refusals(401) },
      },
    },
    async (request) => {
      const offered = await offeredVouchers(engine.direct(request.store, request.actor))
      return ok({ vouchers: offered.map(toOffered) })
    },
  )

  app.post(
    '/api/vouchers/validate',
    {
      config,
      schema: {
        summary: 'What a voucher would take off a cart of some value',
        description: 'A refused voucher is answered with status 200 and success false, as the contract shows it.',
        body: Type.Object({
          code: Text(40),
          cart_total: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        }),
        response: {
          200: Type.Union([Success(Type.Object({ valid: Type.Literal(true), voucher: Voucher })), Failure]),
          ...refusals(400, 401, 404),
        },
      },
    },
    async (request) => {
      const { code, cart_total: totalMinor } = request.body
      const ctx = engine.direct(request.store, request.actor)
      const voucher = await findVoucher(ctx, code)
      const problem = problemOf(voucher, ctx.now, totalMinor, totalMinor)
      if (problem) return failure(...voucherReasons[problem])
      return ok({ valid: true as const, voucher: toVoucher(voucher, discountOf(voucher, totalMinor)) })
    },
  )
}
