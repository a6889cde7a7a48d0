import type { Contract } from '../toolkit/contract.ts'
import { sendError } from './errors.ts'
import { files } from './files.ts'
import { keys } from './keys.ts'
import { countRequest } from './limits.ts'
import { log } from './log.ts'
import { packages } from './packages.ts'
import { verifyPage } from './page.ts'
import { retrieval } from './retrieval.ts'
import { webhookForm } from './webhook.ts'

const paths = /^\/(health|enroll|verify|retrieve|log|\.well-known\/jwks\.json)(\/|$)/

/** Proof of delivery: a parcel's tag, where it was tapped, and signatures that anybody can check. Beside any contract. */
export const ink: Contract = {
  name: 'ink',
  title: 'INK',
  claims: (path) => paths.test(path),
  requires: {},
  webhookForm,
  routes: async (app, services) => {
    app.setErrorHandler(sendError)
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'Not found' }))
    // what is documented, and what belongs to it
    await app.register(async (counted) => {
      counted.addHook('onRequest', async (request) => countRequest(services.limiter, request))
      for (const resource of [keys, packages, retrieval]) await counted.register(resource, services)
    })
    for (const resource of [files, log, verifyPage]) await app.register(resource, services)
  },
}
