import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { Access, Contract } from '../contracts/toolkit/contract.ts'
import type { Store } from '../engine/stores/stores.ts'

/** Each contract's document by its name, made when it is asked for: few ever are. */
export type Documents = Map<string, () => object>

/** Collects a contract's routes as an OpenAPI document, from the schemas that validate and print them. */
export async function documented(app: FastifyInstance, contract: Contract, documents: Documents): Promise<void> {
  const prefix = app.prefix
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `${contract.title} API`, version: '1.0.0' },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const security = credentials[route.config?.access ?? 'public']
      const described = {
        ...schema,
        tags: [tagOf(url.slice(prefix.length))],
        ...(security && { security }),
      }
      return { schema: withoutMessages(described) as never, url: url.slice(prefix.length) }
    },
  })
  documents.set(contract.name, () => app.swagger())
}

/** What each kind of route asks for; any one of them does. */
const credentials: Partial<Record<Access, Record<string, never[]>[]>> = {
  customer: [{ bearer: [] }],
  admin: [{ bearer: [] }],
  shop: [{ bearer: [] }, { apiKey: [] }],
  'optional-shop': [{}, { bearer: [] }, { apiKey: [] }],
}

/** One document for all that a store serves. */
export function openApiOf(store: Store, contracts: readonly Contract[], documents: Documents): object {
  const parts = contracts
    .filter((contract) => store.contracts.includes(contract.name))
    .map((contract) => documents.get(contract.name)!() as { paths: object; info: object; components: object })
  return {
    ...parts[0],
    info: { title: store.name, version: '1.0.0' },
    servers: [{ url: `/${store.slug}` }],
    paths: Object.assign({}, ...parts.map((part) => part.paths)) as object,
  }
}

const tagOf = (path: string) => path.split('/').find((part) => part !== '' && part !== 'api') ?? 'api'

/** `msg` is ours and no word of JSON Schema. */
function withoutMessages(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMessages)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => !(key === 'msg' && typeof part === 'string'))
      .map(([key, part]) => [key, withoutMessages(part)]),
  )
}
