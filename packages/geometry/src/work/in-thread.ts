import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { GeometryRefusal, type Refusals } from '../refusal.ts'
import type { Step } from '../scan/scan.ts'
import type { Job, Outcome } from './job.ts'

export interface Progress {
  /** told each step as it begins, and the share of the work that is done; what it throws stops the work */
  onStep?: (step: Step, share: number) => void
  /** stops the work at once, wherever it is */
  signal?: AbortSignal
}

type Message =
  | { step: Step; share: number }
  | { outcome: Outcome }
  | { refusal: { code: keyof Refusals; message: string; details: Refusals[keyof Refusals] } }
  | { failure: { message: string; stack?: string } }

/** A thread, and whom it answers: nobody while it waits for the next job. */
interface Thread {
  readonly worker: Worker
  asker: { hear: (message: Message) => void; fail: (error: unknown) => void } | null
}

/** Threads that wait for the next job: loading the code again would cost each job a fifth of a second. */
const idle: Thread[] = []
const mostIdle = 1

/**
 * Does a job in a thread of its own, so that the thread that asks goes on answering others. The scan's bytes are
 * copied, a piece at a turn of the loop, and are to stay as they are until then; what comes back is handed over, not
 * copied. A job that is stopped takes its thread with it.
 * @throws GeometryRefusal as `runJob`, and CANCELLED after `signal`; and what `onStep` throws
 */
export async function inThread(job: Job, { onStep, signal }: Progress = {}): Promise<Outcome> {
  if (signal?.aborted) throw cancelled()
  const bytes = await copied(job.bytes)
  if (signal?.aborted) throw cancelled()
  const thread = idle.pop() ?? newThread()
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const fail = (error: unknown) => {
    thread.asker = null
    reject(error)
  }
  const stop = () => fail(cancelled())
  // a thread that has answered is fit for the next job; any other may be in the middle of something
  let answered = false
  const hear = (message: Message) => {
    if ('step' in message) {
      try {
        onStep?.(message.step, message.share)
      } catch (error) {
        fail(error)
      }
    } else if ('outcome' in message) {
      answered = true
      resolve(message.outcome)
    } else if ('refusal' in message) {
      answered = true
      const { code, message: said, details } = message.refusal
      fail(new GeometryRefusal(code, said, details))
    } else fail(Object.assign(new Error(message.failure.message), { stack: message.failure.stack }))
  }
  thread.asker = { hear, fail }
  thread.worker.ref()
  signal?.addEventListener('abort', stop)
  try {
    thread.worker.postMessage({ ...job, bytes }, [bytes.buffer])
    return await promise
  } finally {
    signal?.removeEventListener('abort', stop)
    thread.asker = null
    if (answered) rest(thread)
    else void thread.worker.terminate()
  }
}

/** Copied at once, the 50 MB of a million triangles would hold up the loop for some 20 ms. */
const pieceBytes = 2 ** 21

async function copied(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const copy = new Uint8Array(bytes.length)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (at > 0) await turn()
    copy.set(bytes.subarray(at, at + pieceBytes), at)
  }
  return copy
}

/** Its listeners stay for as long as it lives: one that dies while it waits, of what a module left behind, ends nobody. */
function newThread(): Thread {
  const thread: Thread = { worker: new Worker(new URL('thread.ts', import.meta.url)), asker: null }
  const died = (error: Error) => {
    const at = idle.indexOf(thread)
    if (at >= 0) idle.splice(at, 1)
    thread.asker?.fail(error)
  }
  thread.worker
    .on('message', (message: Message) => thread.asker?.hear(message))
    .on('error', died)
    .on('exit', (code) => died(new Error(`the thread ended with ${code} before its work was done`)))
  return thread
}

function rest(thread: Thread) {
  if (idle.length >= mostIdle) {
    void thread.worker.terminate()
    return
  }
  thread.worker.unref()
  idle.push(thread)
}

const cancelled = () => new GeometryRefusal('CANCELLED', 'the work was stopped', {})
