import { Refusal } from '../../engine/refusal.ts'
import type { Refusals } from '../../engine/refusal.ts'

/** Whether a contract has words for an error: one of what it does not serve would be a mistake of ours, and is no answer. */
export const isWorded = <C extends keyof Refusals>(answers: Record<C, unknown>, error: unknown): error is Refusal<C> =>
  error instanceof Refusal && Object.hasOwn(answers, error.code)
