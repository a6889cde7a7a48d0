import { text } from 'node:stream/consumers'
import { system } from '../engine/context.ts'
import { eventFamilies } from '../engine/events/events.ts'
import { listDeliveries, redeliver } from '../engine/webhooks/deliveries.ts'
import { addEndpoint, disableEndpoint, enableEndpoint, listEndpoints } from '../engine/webhooks/endpoints.ts'
import { contracts, webhookFormOf } from '../main.ts'
import { newSecret, problemOfSecret } from '../providers/webhooks/standard.ts'
import { readTarget, TargetRefused } from '../providers/webhooks/target.ts'
import type { TargetRules } from '../providers/webhooks/target.ts'
import type { Place } from './stores.ts'
import { UsageError, say } from './usage.ts'

export interface AddOptions {
  event: string[]
  form?: string
  secretStdin?: boolean
}

/** Tells an address of events. A secret that was made here is shown this once: it lies sealed in the database. */
export async function add({ config, engine, vault, store }: Place, url: string, options: AddOptions): Promise<void> {
  const { allowPrivate } = config.webhooks
  checkTarget(url, { allowPrivate, allowHttp: !config.production })
  const events = readEvents(options.event, options.form)
  const secret = options.secretStdin ? readSecret(await text(process.stdin)) : newSecret()
  const form = options.form ?? null
  const id = await addEndpoint(engine.direct(store, system), vault, { url, events, form, secret })
  say(`${id} hears of ${events.join(', ')}.`)
  if (!options.secretStdin) say(`Its secret, which is not shown again: ${secret}`)
}

function checkTarget(url: string, rules: TargetRules): void {
  try {
    readTarget(url, rules)
  } catch (error) {
    throw error instanceof TargetRefused ? new UsageError(error.message) : error
  }
}

/**
 * Names of events as an endpoint can ask for them; in a contract's form, those that it has words for.
 * @throws UsageError for what no event is called: nothing would ever be sent
 */
export function readEvents(names: readonly string[], form: string | undefined): string[] {
  if (form !== undefined) {
    const events: readonly string[] | undefined = webhookFormOf(form)?.events
    const known = contracts.filter(({ webhookForm }) => webhookForm).map(({ name }) => name)
    if (!events) throw new UsageError(`--form is one of ${known.join(', ')}`)
    const other = names.find((name) => !events.includes(name))
    if (other !== undefined)
      throw new UsageError(`the form ${form} has words for ${events.join(', ')}, not for ${other}`)
  }
  for (const name of names) {
    const [, family] = /^([a-z]+)\.(?:\*|[a-z_]+)$/.exec(name) ?? []
    if (name !== '*' && !eventFamilies.some((known) => known === family))
      throw new UsageError(
        `there is no event ${name}: events are ${eventFamilies.map((known) => `${known}.…`).join(', ')}, ${eventFamilies[1]}.* is every one of orders, and * every one`,
      )
  }
  return [...new Set(names)]
}

function readSecret(given: string): string {
  const secret = given.trim()
  if (secret === '') throw new UsageError('the secret is read from standard input, and there was none')
  const problem = problemOfSecret(secret)
  if (problem !== null) throw new UsageError(problem)
  return secret
}

export async function list({ engine, store }: Place): Promise<void> {
  const endpoints = await listEndpoints(engine.direct(store, system))
  for (const { id, url, events, form, source, disabledAt, disabledWhy } of endpoints) {
    const state = disabledAt ? `off since ${disabledAt.toISOString()}: ${disabledWhy}` : 'on'
    const words = form === null ? '' : ` as ${form}`
    const whence = source === 'environment' ? ', of the environment' : ''
    say(`${id}  ${url}  ${events.join(',')}${words}  ${state}${whence}`)
  }
  if (endpoints.length === 0) say('Nobody is told of anything: saudagar webhooks add')
}

export async function enable({ engine, store }: Place, id: string): Promise<void> {
  if (!isUuid(id) || !(await enableEndpoint(engine.direct(store, system), id))) throw noEndpoint(id)
  say(`${id} is told again. What was given up meanwhile: saudagar webhooks redeliver --failed`)
}

export async function disable({ engine, store }: Place, id: string): Promise<void> {
  const isThere = isUuid(id) && (await disableEndpoint(engine.direct(store, system), id, 'switched off by hand'))
  if (!isThere) throw noEndpoint(id)
  say(`${id} is told nothing any more.`)
}

const noEndpoint = (id: string) =>
  new UsageError(`there is no endpoint ${id}; saudagar webhooks list shows those there are`)

/** The log: each with its id, state, tries, and what was answered last. */
export async function deliveries(
  { engine, store }: Place,
  { failed, limit }: { failed?: boolean; limit: number },
): Promise<void> {
  const lines = await listDeliveries(engine.direct(store, system), failed === true, limit)
  for (const { id, type, url, state, createdAt, tries, dueAt, lastAt, lastStatus, lastProblem } of lines) {
    const last = lastAt ? `, the last ${lastAt.toISOString()}: ${lastStatus ?? lastProblem}` : ''
    const next = state === 'waiting' ? `, the next ${dueAt.toISOString()}` : ''
    say(`${id}  ${createdAt.toISOString()}  ${type}  ${url}  ${state}, tries ${tries}${last}${next}`)
  }
  if (lines.length === 0) say(failed ? 'Nothing was given up.' : 'Nothing was sent yet.')
}

/** Sends one again, or all that were given up. @param given as the log has it, or as its receiver does: msg_… */
export async function sendAgain(
  { engine, store }: Place,
  given: string | undefined,
  { failed }: { failed?: boolean },
): Promise<void> {
  if ((given === undefined) === (failed !== true)) throw new UsageError('redeliver takes an id, or --failed')
  const id = given?.replace(/^msg_/, '') ?? null
  if (id !== null && !isUuid(id)) throw new UsageError(`there is no delivery ${given}`)
  const asked = await redeliver(engine.direct(store, system), id)
  if (id !== null && asked.length === 0) throw new UsageError(`there is no delivery ${given}`)
  const off = asked.filter(({ isOff }) => isOff).length
  if (id !== null && off > 0)
    throw new UsageError('its endpoint is switched off: saudagar webhooks list, saudagar webhooks enable')
  say(`${asked.length - off} sent again.${off > 0 ? ` ${off} are not: their endpoints are switched off.` : ''}`)
}

const isUuid = (text: string) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)
