import { after } from 'node:test'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { Caller } from './table.ts'

/** The shop that all rows are asked of, and its clock. */
export const clock = { aheadMs: 0 }
export const shop = await openFurnitureShop({ after }, { now: () => new Date(Date.now() + clock.aheadMs) })

/** Somebody with this token, or with none. */
export const bearer = (token?: string): Caller => ({
  call: (method, path, body, headers) => shop.call(shop.store, method, path, { body, headers, token }),
})
export const guest = bearer()

/** A number that nothing has. */
export const nobody = 9_007_199_254_740_991
