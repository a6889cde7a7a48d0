import { secretList } from '../config.ts'
import type { Config } from '../config.ts'
import type { Db } from '../engine/database.ts'
import type { Gateway } from '../engine/payments/gateway.ts'
import type { FindGateway } from '../engine/payments/sweeps.ts'
import { Refusal } from '../engine/refusal.ts'
import type { Vault } from '../engine/sealing.ts'
import { sealedSecrets } from '../engine/stores/stores.ts'
import type { Store } from '../engine/stores/stores.ts'
import { createRazorpay } from '../providers/payments/razorpay.ts'
import type { RazorpayAccount } from '../providers/payments/razorpay.ts'
import type { Registry } from './registry.ts'

/** What a store's secret is sealed for: one store's secret cannot be read as another's. */
export const secretPurpose = (storeId: string, name: string) => `store secret ${storeId} ${name}`

/** The names under which `saudagar stores secret` keeps what a gateway needs. */
export const razorpaySecrets = ['razorpay.key_id', 'razorpay.key_secret', 'razorpay.webhook_secrets'] as const

export interface Gateways {
  /** @throws Refusal gateway.unavailable when the store has no keys for its gateway */
  of(store: Store): Gateway
  find: FindGateway
}

/** Makes each store's gateway from its own secrets; a demo store's come from the environment. */
export async function openGateways(
  db: Db,
  registry: Registry,
  vault: Vault,
  config: Config['razorpay'],
): Promise<Gateways> {
  let byStore = new Map<string, Gateway>()

  const reload = async () => {
    const opened = new Map<string, Gateway>()
    for (const store of registry.all()) {
      if (store.paymentProvider !== 'razorpay') continue
      const account = store.isDemo ? config : await accountOf(db, vault, store, config.baseUrl)
      if (account) opened.set(store.storeId, createRazorpay(account))
    }
    byStore = opened
  }
  await reload()
  registry.onReload(reload)

  return {
    of: (store) => {
      const gateway = byStore.get(store.storeId)
      if (!gateway) throw new Refusal('gateway.unavailable', { provider: store.paymentProvider })
      return gateway
    },
    find: (storeId, provider) => {
      const store = registry.byId(storeId)
      const gateway = byStore.get(storeId)
      return store && { store, gateway: gateway?.name === provider ? gateway : undefined }
    },
  }
}

async function accountOf(db: Db, vault: Vault, store: Store, baseUrl: string): Promise<RazorpayAccount | undefined> {
  const sealed = await sealedSecrets(db, store.storeId)
  const [keyId, keySecret, webhookSecrets] = razorpaySecrets.map((name) => {
    const bytes = sealed.get(name)
    return bytes && vault.open(bytes, secretPurpose(store.storeId, name)).toString()
  })
  if (!keyId || !keySecret || !webhookSecrets) return undefined
  return { baseUrl, keyId, keySecret, webhookSecrets: secretList(webhookSecrets) }
}
