import type { Contract } from '../toolkit/contract.ts'
import { admin } from './admin.ts'
import { auth } from './auth.ts'
import { cart } from './cart.ts'
import { checkout } from './checkout.ts'
import { sendError } from './errors.ts'
import { favorites } from './favorites.ts'
import { countAddress } from './limits.ts'
import { orders } from './orders.ts'
import { payment } from './payment.ts'
import { products } from './products.ts'
import { resetPage } from '../toolkit/reset-page.ts'
import { user } from './user.ts'

/** An appliance shop in India: catalogue, cart, Razorpay checkout, GST, favourites, shop administration. */
export const ionora: Contract = {
  name: 'ionora',
  title: 'Ionora',
  claims: (path) => path.startsWith('/api/') || path.startsWith('/reset-password'),
  requires: { exponent: 2, taxMode: 'exclusive', taxRounding: 'order' },
  paymentWebhook: '/api/payment/webhooks/payment',
  routes: async (app, services) => {
    app.setErrorHandler(sendError)
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not found.' }))
    app.addHook('onRequest', async (request) => countAddress(services.limiter, request))
    for (const resource of [auth, user, products, cart, favorites, checkout, orders, payment, admin, resetPage]) {
      await app.register(resource, services)
    }
  },
}
