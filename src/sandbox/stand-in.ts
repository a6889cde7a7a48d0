import type { Answer, Route } from './http.ts'

/** One outside service, played. */
export interface StandIn {
  name: string
  /** under which all unknown paths are refused in the provider's own form; null where there is no such form */
  prefix: string | null
  /** what the provider offers: faults strike here */
  api: Route[]
  /** what tests and people use to steer it: never struck */
  control: Route[]
  /** what the provider says when the sandbox, and not a handler of its API, has to refuse */
  refuse(why: 'unknown' | 'too large' | 'broken'): Answer
  /** what comes instead of an answer when a proxy is in trouble; left out, a 200 with a body that is called JSON, and none */
  garbage?: Answer
  /** one line of HTML for the page that lists what stands here */
  about: string
  close(): Promise<void> | void
}
