import type { FastifyBaseLogger } from 'fastify'
import { secretList } from '../config.ts'
import type { Config } from '../config.ts'
import type { Contract, Services } from '../contracts/toolkit/contract.ts'
import type { Db } from '../engine/database.ts'
import type { Erp } from '../engine/erp/erp.ts'
import type { CourierService } from '../engine/fulfilment/courier.ts'
import type { Gateway } from '../engine/payments/gateway.ts'
import type { FindGateway } from '../engine/payments/sweeps.ts'
import { Refusal } from '../engine/refusal.ts'
import type { Vault } from '../engine/sealing.ts'
import { sealedSecrets } from '../engine/stores/stores.ts'
import type { Store } from '../engine/stores/stores.ts'
import { createBiteship } from '../providers/couriers/biteship.ts'
import { readJntContract } from '../providers/couriers/jnt-contract.ts'
import { createJnt } from '../providers/couriers/jnt.ts'
import { createRajaongkir } from '../providers/couriers/rajaongkir.ts'
import { createOdoo } from '../providers/erp/odoo.ts'
import { createDoku } from '../providers/payments/doku.ts'
import { createRazorpay } from '../providers/payments/razorpay.ts'
import type { Registry } from './registry.ts'

/** What a store's secret is sealed for: one store's secret cannot be read as another's. */
export const secretPurpose = (storeId: string, name: string) => `store secret ${storeId} ${name}`

/** What each provider has to be given, as `saudagar stores secret` names it. */
export const providerSecrets = {
  razorpay: ['razorpay.key_id', 'razorpay.key_secret', 'razorpay.webhook_secrets'],
  doku: ['doku.client_id', 'doku.secret_key'],
  jnt: ['jnt.username', 'jnt.api_key', 'jnt.order_key', 'jnt.tariff_key', 'jnt.company_id', 'jnt.tracking_password'],
  biteship: ['biteship.api_key'],
  rajaongkir: ['rajaongkir.api_key'],
  odoo: ['odoo.url', 'odoo.database', 'odoo.api_key'],
} as const
export type Provider = keyof typeof providerSecrets

/** Who speaks for couriers. */
export const courierServices = ['jnt', 'biteship', 'rajaongkir'] as const

/**
 * Not needed, but understood: J&T's cancellations may have a key of their own and its tariff another name for the
 * customer; an Odoo before 19 speaks JSON-RPC and asks for a login.
 */
const optionalSecrets = [
  'jnt.cancel_key',
  'jnt.customer_name',
  'odoo.protocol',
  'odoo.login',
  'odoo.webhook_secret',
] as const

export const secretNames: readonly string[] = [...Object.values(providerSecrets).flat(), ...optionalSecrets]

/** The providers of every store, each made of that store's own secrets. */
export interface Providers extends Pick<Services, 'gatewayOf' | 'courierOf' | 'erpOf' | 'urlOf'> {
  findGateway: FindGateway
}

interface Opened {
  gateway: Gateway | undefined
  services: Map<string, CourierService>
  erp: Erp | null
}

/** Reads a store's secrets; a demo store's come from the environment. @returns undefined when one is missing */
type ReadSecrets = (provider: Provider) => Record<string, string> | undefined

/** Makes each store's providers, again whenever a store changes. */
export async function openProviders(
  db: Db,
  registry: Registry,
  vault: Vault,
  config: Config,
  contracts: readonly Contract[],
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<Providers> {
  let byStore = new Map<string, Opened>()
  const urlOf = (store: Store) => `${config.publicUrl}/${store.slug}`

  const webhookOf = (store: Store) => {
    const path = contracts.find(({ name, paymentWebhook }) => store.contracts.includes(name) && paymentWebhook)
    return path && urlOf(store) + path.paymentWebhook
  }

  /** Secrets that do not go together leave their store without that provider, and nobody else without anything. */
  const made = <T>({ slug }: Store, provider: string | null, make: () => T): T | undefined => {
    try {
      return make()
    } catch (error) {
      log.warn({ store: slug, provider, err: error }, 'a provider cannot be used: its secrets or the profile are wrong')
      return undefined
    }
  }

  const openStore = async (store: Store): Promise<Opened> => {
    const read = store.isDemo ? demoSecrets(config) : await ownSecrets(db, vault, store)
    const services = new Map<string, CourierService>()
    for (const name of new Set(Object.values(store.couriers))) {
      const service = made(store, name, () => openCourier(name, read, config, store))
      if (service) services.set(name, service)
    }
    const gateway = made(store, store.paymentProvider, () => openGateway(store, read, config, webhookOf(store)))
    const erp = made(store, store.erpProvider, () => openErp(store, read)) ?? null
    return { gateway, services, erp }
  }

  const reload = async () => {
    const opened = new Map<string, Opened>()
    for (const store of registry.all()) opened.set(store.storeId, await openStore(store))
    byStore = opened
  }
  await reload()
  registry.onReload(reload)

  return {
    gatewayOf: (store) => {
      const gateway = byStore.get(store.storeId)?.gateway
      if (!gateway) throw new Refusal('gateway.unavailable', { provider: store.paymentProvider })
      return gateway
    },
    findGateway: (storeId, provider) => {
      const store = registry.byId(storeId)
      const gateway = byStore.get(storeId)?.gateway
      return store && { store, gateway: gateway?.name === provider ? gateway : undefined }
    },
    courierOf: (store, courier) => {
      const name = Object.hasOwn(store.couriers, courier) ? store.couriers[courier] : undefined
      return name === undefined ? undefined : byStore.get(store.storeId)?.services.get(name)
    },
    erpOf: (store) => byStore.get(store.storeId)?.erp ?? null,
    urlOf,
  }
}

/** The couriers for which a store has this service speak. */
const couriersOf = ({ couriers }: Store, service: string) =>
  Object.keys(couriers).filter((courier) => couriers[courier] === service)

function openGateway(
  { paymentProvider, profile }: Store,
  read: ReadSecrets,
  { razorpay, doku }: Config,
  notificationUrl: string | undefined,
): Gateway | undefined {
  if (paymentProvider === 'doku') {
    const secrets = read('doku')
    return (
      secrets &&
      createDoku({
        baseUrl: doku.baseUrl,
        clientId: secrets['doku.client_id']!,
        secretKey: secrets['doku.secret_key']!,
        ...(notificationUrl !== undefined && { notificationUrl }),
        ...(profile.paymentReturnUrl !== undefined && { callbackUrl: profile.paymentReturnUrl }),
      })
    )
  }
  const secrets = paymentProvider === 'razorpay' ? read('razorpay') : undefined
  return (
    secrets &&
    createRazorpay({
      baseUrl: razorpay.baseUrl,
      keyId: secrets['razorpay.key_id']!,
      keySecret: secrets['razorpay.key_secret']!,
      webhookSecrets: secretList(secrets['razorpay.webhook_secrets']!),
    })
  )
}

function openCourier(name: string, read: ReadSecrets, config: Config, store: Store): CourierService | undefined {
  const known = courierServices.find((service) => service === name)
  const secrets = known && read(known)
  if (!secrets) return undefined
  const couriers = couriersOf(store, name)
  if (name === 'biteship')
    return createBiteship({ baseUrl: config.biteship.baseUrl, apiKey: secrets['biteship.api_key']!, couriers })
  if (name === 'rajaongkir')
    return createRajaongkir({ baseUrl: config.rajaongkir.baseUrl, apiKey: secrets['rajaongkir.api_key']!, couriers })
  const { orderUrl, cancelUrl, tariffUrl, trackingUrl } = config.jnt
  return createJnt({
    orderUrl,
    cancelUrl,
    tariffUrl,
    trackingUrl,
    username: secrets['jnt.username']!,
    apiKey: secrets['jnt.api_key']!,
    orderKey: secrets['jnt.order_key']!,
    tariffKey: secrets['jnt.tariff_key']!,
    companyId: secrets['jnt.company_id']!,
    trackingPassword: secrets['jnt.tracking_password']!,
    ...(secrets['jnt.cancel_key'] !== undefined && { cancelKey: secrets['jnt.cancel_key'] }),
    ...(secrets['jnt.customer_name'] !== undefined && { customerName: secrets['jnt.customer_name'] }),
    ...readJntContract(store.profile.jnt),
  })
}

function openErp({ slug, erpProvider }: Store, read: ReadSecrets): Erp | null {
  const secrets = erpProvider === 'odoo' ? read('odoo') : undefined
  if (!secrets) return null
  return createOdoo({
    baseUrl: secrets['odoo.url']!,
    source: `Saudagar ${slug}`, // two stores may share one database there
    database: secrets['odoo.database']!,
    apiKey: secrets['odoo.api_key']!,
    protocol: secrets['odoo.protocol'] === 'jsonrpc' ? 'jsonrpc' : 'json2',
    ...(secrets['odoo.login'] !== undefined && { login: secrets['odoo.login'] }),
    ...(secrets['odoo.webhook_secret'] !== undefined && { webhookSecret: secrets['odoo.webhook_secret'] }),
  })
}

function demoSecrets({ razorpay, doku, jnt, biteship, rajaongkir, odoo }: Config): ReadSecrets {
  const all: Record<Provider, Record<string, string>> = {
    razorpay: {
      'razorpay.key_id': razorpay.keyId,
      'razorpay.key_secret': razorpay.keySecret,
      'razorpay.webhook_secrets': razorpay.webhookSecrets.join(','),
    },
    doku: { 'doku.client_id': doku.clientId, 'doku.secret_key': doku.secretKey },
    jnt: {
      'jnt.username': jnt.username,
      'jnt.api_key': jnt.apiKey,
      'jnt.order_key': jnt.orderKey,
      'jnt.tariff_key': jnt.tariffKey,
      'jnt.company_id': jnt.companyId,
      'jnt.tracking_password': jnt.trackingPassword,
    },
    biteship: { 'biteship.api_key': biteship.apiKey },
    rajaongkir: { 'rajaongkir.api_key': rajaongkir.apiKey },
    odoo: {
      'odoo.url': odoo.baseUrl,
      'odoo.database': odoo.database,
      'odoo.api_key': odoo.apiKey,
      'odoo.protocol': odoo.protocol,
      'odoo.login': odoo.login,
      'odoo.webhook_secret': odoo.webhookSecret,
    },
  }
  return (provider) => all[provider]
}

async function ownSecrets(db: Db, vault: Vault, store: Store): Promise<ReadSecrets> {
  const sealed = await sealedSecrets(db, store.storeId)
  const open = (name: string) => {
    const bytes = sealed.get(name)
    return bytes && vault.open(bytes, secretPurpose(store.storeId, name)).toString()
  }
  return (provider) => {
    const secrets: Record<string, string> = {}
    for (const name of providerSecrets[provider]) {
      const value = open(name)
      if (!value) return undefined
      secrets[name] = value
    }
    for (const name of optionalSecrets) {
      const value = name.startsWith(`${provider}.`) ? open(name) : undefined
      if (value) secrets[name] = value
    }
    return secrets
  }
}
