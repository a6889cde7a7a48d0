import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx, Db, Engine } from '../../engine/context.ts'
import { runAfter, runOnce, runSteps } from '../../engine/idempotency.ts'
import type { KeyedRequest, OnceAnswer, SteppedWork } from '../../engine/idempotency.ts'
import { Refusal } from '../../engine/refusal.ts'

/**
 * Runs a change in one transaction and answers what the work returns, in the contract's form. With an
 * Idempotency-Key the change is made once, and a repeat is given the first answer.
 * @param status of the answer
 */
export async function change<T>(
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  work: (ctx: Ctx) => Promise<T>,
): Promise<T> {
  const { store, actor } = request
  return answer(
    reply,
    await runOnce(engine, store, actor, keyedRequest(request), async (ctx) => ({ status, body: await work(ctx) })),
  )
}

/**
 * As `change`, for work that first looks, and whose look counts whatever the request comes to. A repeat is given the first
 * answer, and looks at nothing.
 * @param look before the transaction, in statements of their own
 */
export async function changeAfter<S, T>(
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  look: (ctx: Ctx<Db>) => Promise<S>,
  work: (ctx: Ctx, seen: S) => Promise<T>,
): Promise<T> {
  const { store, actor } = request
  return answer(
    reply,
    await runAfter(
      engine,
      store,
      actor,
      keyedRequest(request),
      () => look(engine.direct(store, actor)),
      async (ctx, seen) => ({ status, body: await work(ctx, seen) }),
    ),
  )
}

/**
 * As `change`, for work that changes with one statement, and otherwise reads: without a key that statement commits by
 * itself, and the request saves a transaction's two round trips.
 */
export async function changeAtOnce<T>(
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  work: (ctx: Ctx<Db>) => Promise<T>,
): Promise<T> {
  if (request.headers['idempotency-key'] !== undefined) return change(engine, request, reply, status, work)
  reply.code(status)
  return engine.inTurn(request.store, request.actor, work)
}

/** As `change`, for a change that commits, asks a provider, and commits what it answered. */
export async function changeInSteps<O extends { id: string }, T>(
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  steps: SteppedWork<O, T>,
): Promise<T> {
  return answer(reply, await runSteps(engine, request.store, request.actor, keyedRequest(request), steps))
}

function answer<T>(reply: FastifyReply, { status, body, isReplay }: OnceAnswer<T>): T {
  if (isReplay) reply.header('idempotent-replayed', 'true')
  reply.code(status)
  return body
}

/** The key of a request that may be repeated; null when the client sent none. @throws Refusal idempotency.key_invalid */
function keyedRequest(request: FastifyRequest): KeyedRequest | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw new Refusal('idempotency.key_invalid', {})
  const route = `${request.method} ${request.routeOptions.url}`
  return { key, route, content: JSON.stringify([request.params, request.query, request.body ?? null]) }
}
