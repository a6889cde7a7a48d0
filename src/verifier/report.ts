import type { Changes, DeliveryStatement, EnrolmentStatement } from './documents.ts'

export type CheckVerdict = 'ok' | 'failed' | 'not checked'

/** One thing that was looked at, or could not be. */
export interface Check {
  name: string
  /** which part of the file, where there are several */
  of?: string
  verdict: CheckVerdict
  /** one sentence for a person */
  why: string
}

/** What is in a file, for showing. Texts and addresses in it are whoever's: data, not links. */
export interface Facts {
  store: string
  proofId: string
  madeAt: string
  enrolment: EnrolmentStatement
  delivery: DeliveryStatement | null
  /** from the address to where the tag was read: exact metres, and degrees clockwise from north */
  way: { metres: number; bearing: number } | null
  corrections: { of: string; at: string; reason: string; changes: Changes }[]
  /** `thumbprint` is RFC 7638's, `signed` names the parts of the file */
  keys: { kid: string; thumbprint: string; signed: string[] }[]
  /** the log's key as a verifier key, and the checkpoints that the entries are in: `root` in hex */
  log: { origin: string; key: string; checkpoints: { size: number; root: string }[] }
  /** which named witness saw a checkpoint, and when */
  seen: { witness: string; size: number; at: string }[]
}

export interface Report {
  verdict: 'valid' | 'invalid' | 'incomplete'
  /** the verdict in words */
  says: string
  checks: Check[]
  /** what one should know that no check can tell */
  notes: string[]
  /** null when the file is none */
  facts: Facts | null
}

/** A check whose outcome is known. */
export const check = (name: string, of: string | undefined, problem: string | undefined, fine: string): Check => ({
  name,
  ...(of !== undefined && { of }),
  verdict: problem === undefined ? 'ok' : 'failed',
  why: sentence(problem ?? fine),
})

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`

/** Sums checks up: one that failed decides, then one that could not be made. */
export function sumUp(checks: Check[], notes: string[], facts: Facts | null): Report {
  const failed = checks.filter(({ verdict }) => verdict === 'failed')
  const open = checks.filter(({ verdict }) => verdict === 'not checked')
  const verdict = failed.length > 0 ? 'invalid' : open.length > 0 ? 'incomplete' : 'valid'
  const what = facts?.delivery ? 'delivery' : 'enrolment'
  const said = {
    invalid: () => `Not valid: ${failed.length === 1 ? 'a check' : `${failed.length} checks`} failed.`,
    incomplete: () =>
      `Nothing wrong was found, but ${open.length === 1 ? 'a check' : `${open.length} checks`} could not be made.`,
    valid: () =>
      `A valid proof of ${what}.${facts?.delivery ? '' : ' No delivery is in it: none was confirmed when the file was made.'}`,
  }
  return { verdict, says: said[verdict](), checks, notes, facts }
}
