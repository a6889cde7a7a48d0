import { Worker } from 'node:worker_threads'
import { GeometryRefusal, type Refusals } from '../refusal.ts'
import type { Step } from '../scan/scan.ts'
import type { Job, Outcome } from './job.ts'

export interface Progress {
  /** told each step as it begins, and the share of the work that is done */
  onStep?: (step: Step, share: number) => void
  /** stops the work at once, wherever it is */
  signal?: AbortSignal
}

type Message =
  | { step: Step; share: number }
  | { outcome: Outcome }
  | { refusal: { code: keyof Refusals; message: string; details: Refusals[keyof Refusals] } }
  | { failure: { message: string; stack?: string } }

/** Threads that wait for the next job: loading the code again would cost each job a fifth of a second. */
const idle: Worker[] = []
const mostIdle = 1

/**
 * Does a job in a thread of its own, so that the thread that asks goes on answering others. The scan's bytes are
 * copied; what comes back is handed over, not copied. A job that is stopped takes its thread with it.
 * @throws GeometryRefusal as `runJob`, and CANCELLED after `signal`
 */
export async function inThread(job: Job, { onStep, signal }: Progress = {}): Promise<Outcome> {
  if (signal?.aborted) throw cancelled()
  const worker = idle.pop() ?? new Worker(new URL('thread.ts', import.meta.url))
  worker.ref()
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const stop = () => reject(cancelled())
  const hear = (message: Message) => {
    if ('step' in message) onStep?.(message.step, message.share)
    else if ('outcome' in message) resolve(message.outcome)
    else if ('refusal' in message) {
      const { code, message: said, details } = message.refusal
      reject(new GeometryRefusal(code, said, details))
    } else reject(Object.assign(new Error(message.failure.message), { stack: message.failure.stack }))
  }
  const died = (code: number) => reject(new Error(`the thread ended with ${code} before its work was done`))
  worker.on('message', hear).on('error', reject).on('exit', died)
  signal?.addEventListener('abort', stop)
  worker.postMessage(job)
  try {
    const outcome = await promise
    rest(worker)
    return outcome
  } catch (error) {
    // a refusal leaves the thread fit for the next job; anything else may have left it in the middle of something
    if (error instanceof GeometryRefusal && error.code !== 'CANCELLED') rest(worker)
    else void worker.terminate()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    worker.off('message', hear).off('error', reject).off('exit', died)
  }
}

function rest(worker: Worker) {
  if (idle.length >= mostIdle) {
    void worker.terminate()
    return
  }
  worker.unref()
  // one that dies while it waits is not handed out again
  worker.once('exit', () => {
    const at = idle.indexOf(worker)
    if (at >= 0) idle.splice(at, 1)
  })
  idle.push(worker)
}

const cancelled = () => new GeometryRefusal('CANCELLED', 'the work was stopped', {})
