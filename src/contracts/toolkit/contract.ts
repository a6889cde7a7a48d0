import type { FastifyPluginAsync } from 'fastify'
import type { CatalogueReader } from '../../engine/catalogue/reader.ts'
import type { Actor, Engine } from '../../engine/context.ts'
import type { Erp } from '../../engine/erp/erp.ts'
import type { FindCourier } from '../../engine/fulfilment/quotes.ts'
import type { Tokens } from '../../engine/identity/tokens.ts'
import type { Gateway } from '../../engine/payments/gateway.ts'
import type { Proofs } from '../../engine/proofs/proofs.ts'
import type { Store } from '../../engine/stores/stores.ts'
import type { WebhookForm } from '../../engine/webhooks/forms.ts'
import type { Limiter } from './limits.ts'

/** What a contract's routes work with. */
export interface Services {
  engine: Engine
  catalogue: CatalogueReader
  tokens: Tokens
  limiter: Limiter
  /** the gateway that a store takes its money through. @throws Refusal gateway.unavailable when it has no keys */
  gatewayOf(store: Store): Gateway
  /** the service that speaks for a courier in a store; undefined when it has no keys there */
  courierOf: FindCourier
  /** null for a store without one */
  erpOf(store: Store): Erp | null
  /** where the outside world reaches a store, without a slash at the end */
  urlOf(store: Store): string
  proofs: Proofs
  /** what a proof's name is put behind for the address of the page where anybody can check it */
  verifyUrl: string
}

/** What of a store a contract's figures depend on. */
type Requirement = 'exponent' | 'taxMode' | 'taxRounding'

/** One published API, mounted once and serving every store that has it. */
export interface Contract {
  name: string
  title: string
  /** Whether a path below the store's root is this contract's, where a store has several. */
  claims(path: string): boolean
  /** What a store must be for this contract's figures to be right. */
  requires: Partial<Pick<Store, Requirement>>
  /** where a payment gateway tells of payments, below the store's root */
  paymentWebhook?: string
  /** the words in which it tells others of what happened: a webhook that it has published */
  webhookForm?: WebhookForm
  routes: FastifyPluginAsync<Services>
}

/**
 * Who may call a route; `optional` serves guests and customers differently. `shop` is for administrators and for programs
 * with an API key of the store's; with `optional-shop` anybody may call, and these may do more. The server refuses to
 * start with a route that does not say.
 */
export const accesses = ['public', 'optional', 'customer', 'admin', 'shop', 'optional-shop', 'signature'] as const
export type Access = (typeof accesses)[number]

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    store: Store
    actor: Actor
  }
}

/** What contradicts a store's settings in a contract that it serves. @returns one sentence each; none when it fits */
export function contradictions(contract: Contract, store: Store): string[] {
  return Object.entries(contract.requires)
    .filter(([setting, value]) => store[setting as keyof Store] !== value)
    .map(
      ([setting, value]) =>
        `${contract.name} needs ${setting} ${value}, store ${store.slug} has ${store[setting as Requirement]}`,
    )
}
