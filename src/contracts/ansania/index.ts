import type { Contract } from '../toolkit/contract.ts'
import { resetPage } from '../toolkit/reset-page.ts'
import { auth } from './auth.ts'
import { cart } from './cart.ts'
import { checkout } from './checkout.ts'
import { failure, sendError } from './errors.ts'
import { countRequest } from './limits.ts'
import { odoo } from './odoo.ts'
import { orders } from './orders.ts'
import { payment } from './payment.ts'
import { products } from './products.ts'
import { reviews } from './reviews.ts'
import { user } from './user.ts'
import { vouchers } from './vouchers.ts'
import { wishlist } from './wishlist.ts'

/** A furniture shop in Indonesia: variants, vouchers, J&T, virtual accounts at DOKU, Odoo. */
export const ansania: Contract = {
  name: 'ansania',
  title: 'Ansania',
  claims: (path) => path.startsWith('/api/') || path.startsWith('/reset-password'),
  requires: { exponent: 0, taxMode: 'inclusive' },
  paymentWebhook: '/api/checkout/payment-webhook',
  routes: async (app, services) => {
    app.setErrorHandler(sendError)
    app.setNotFoundHandler((_request, reply) => reply.code(404).send(failure('NOT_FOUND', 'Resource not found')))
    app.addHook('onRequest', (request, reply) => countRequest(services, request, reply))
    const resources = [
      auth,
      user,
      products,
      reviews,
      cart,
      checkout,
      payment,
      orders,
      wishlist,
      vouchers,
      odoo,
      resetPage,
    ]
    for (const resource of resources) await app.register(resource, services)
  },
}
