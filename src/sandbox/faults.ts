import { Type } from 'typebox'
import { control, json, route, type Route } from './http.ts'
import { BadInput, inputOf } from './input.ts'

const kinds = ['delay', 'drop', 'error', 'garbage', 'duplicate', 'reorder'] as const
export type FaultKind = (typeof kinds)[number]
/** `api`: requests made to a stand-in; `webhook`: what it sends by itself. */
export type Channel = 'api' | 'webhook'

/** What a stand-in can be made to do wrong, on each of its channels. */
export type FaultKinds = Record<Channel, readonly FaultKind[]>

export interface Fault {
  provider: string
  kind: FaultKind
  /** the probability that it strikes, 0 to 1 */
  rate: number
  /** how long a `delay` lasts; with another kind, how long that one waits first */
  delayMs: number
  /** how often it strikes at most; null: without end */
  count: number | null
  /** for requests: the work is done first, and the fault meets the answer */
  after: boolean
  only: Channel | null
  /** for `duplicate`: how many of each event go out */
  copies: number
  /** how often it has struck */
  struck: number
}

/** What is to go wrong with one request. */
export interface Mishap {
  waitBeforeMs: number
  waitAfterMs: number
  ending: { kind: 'drop' | 'error' | 'garbage'; after: boolean } | null
}

const smooth: Mishap = { waitBeforeMs: 0, waitAfterMs: 0, ending: null }
const endings = ['drop', 'error', 'garbage'] as const

const faultInput = inputOf(
  Type.Object(
    {
      provider: Type.String(),
      kind: Type.Enum([...kinds]),
      rate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
      delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
      count: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
      after: Type.Optional(Type.Boolean()),
      only: Type.Optional(Type.Enum(['api', 'webhook'])),
      copies: Type.Optional(Type.Integer({ minimum: 2, maximum: 100 })),
    },
    { additionalProperties: false },
  ),
)

export type Faults = ReturnType<typeof createFaults>

/**
 * The faults that are set, for all stand-ins. The same provider, kind, `only` and `after` set again replaces what
 * was set before; different ones add up. One whose count is used up stays listed, with `struck`, and does nothing.
 * @param knownKinds by provider, what each stand-in can be made to do wrong
 * @param random from 0 to 1, for tests that want no chance in them
 */
export function createFaults(knownKinds: Record<string, FaultKinds>, random: () => number = Math.random) {
  let faults: Fault[] = []

  /** Draws the first fault of this kind that strikes now, and counts it. */
  function draw(provider: string, channel: Channel, kind: FaultKind, after?: boolean): Fault | undefined {
    if (faults.length === 0) return undefined
    const fault = faults.find(
      (fault) =>
        fault.provider === provider &&
        fault.kind === kind &&
        (after === undefined || fault.after === after) &&
        (fault.only === null || fault.only === channel) &&
        (fault.count === null || fault.struck < fault.count) &&
        random() < fault.rate,
    )
    if (fault) fault.struck += 1
    return fault
  }

  /** Draws what happens to one request: waits add up, and at most one kind ends it. */
  function mishap(provider: string): Mishap {
    if (faults.length === 0) return smooth
    const waitBeforeMs = draw(provider, 'api', 'delay', false)?.delayMs ?? 0
    const waitAfterMs = draw(provider, 'api', 'delay', true)?.delayMs ?? 0
    for (const after of [false, true]) {
      for (const kind of endings) {
        const fault = draw(provider, 'api', kind, after)
        if (!fault) continue
        return {
          waitBeforeMs: waitBeforeMs + (after ? 0 : fault.delayMs),
          waitAfterMs: waitAfterMs + (after ? fault.delayMs : 0),
          ending: { kind, after },
        }
      }
    }
    return { waitBeforeMs, waitAfterMs, ending: null }
  }

  function set(body: string): Fault {
    const input = faultInput(body)
    const known = knownKinds[input.provider]
    if (!known || !Object.hasOwn(knownKinds, input.provider))
      throw new BadInput(`provider must be one of ${Object.keys(knownKinds).join(', ')}`)
    const channels: Channel[] = input.only ? [input.only] : ['api', 'webhook']
    const possible = channels.flatMap((channel) => known[channel])
    if (!possible.includes(input.kind)) {
      const where = input.only ? ` with only ${input.only}` : ''
      const rest = possible.length ? `kind must be one of ${[...new Set(possible)].join(', ')}` : 'none is possible'
      throw new BadInput(`${input.kind} has no meaning for ${input.provider}${where}: ${rest}`)
    }
    const fault: Fault = {
      provider: input.provider,
      kind: input.kind,
      rate: input.rate ?? 1,
      delayMs: input.delayMs ?? (input.kind === 'delay' ? 1000 : 0),
      count: input.count ?? null,
      after: input.after ?? false,
      only: input.only ?? null,
      copies: input.copies ?? 3,
      struck: 0,
    }
    faults = [...faults.filter((other) => keyOf(other) !== keyOf(fault)), fault]
    return fault
  }

  const routes: Route[] = [
    route(
      'POST',
      '/faults',
      control((call) => json(set(call.body))),
    ),
    route('GET', '/faults', () => json(faults)),
    route('DELETE', '/faults', () => {
      const ended = faults.length
      faults = []
      return json({ ended })
    }),
  ]

  return { draw, mishap, routes }
}

const keyOf = (fault: Fault) => [fault.provider, fault.kind, fault.only, fault.after].join(' ')
