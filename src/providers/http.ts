/** The outside service did not answer as it should: nobody knows what it did. */
export class Unreachable extends Error {}

export interface Answer {
  status: number
  /** undefined when the body is no JSON */
  json: unknown
  text: string
}

/**
 * One request to a provider, with a time-out over connecting, waiting and reading. Answers of every status are
 * returned: what they mean is the provider's business.
 * @param timeoutMs for all of it
 * @throws Unreachable when there is no answer in time, or the connection fails
 */
export async function call(url: string, init: RequestInit, timeoutMs: number): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
    const text = await response.text()
    return { status: response.status, text, json: parse(text) }
  } catch (error) {
    throw new Unreachable(`${init.method ?? 'GET'} ${new URL(url).host}: ${causeOf(error)}`, { cause: error })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const causeOf = (error: unknown) => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  const { code } = cause as NodeJS.ErrnoException
  return typeof code === 'string' ? code : cause.name // the code of a TimeoutError is a number that tells nobody anything
}
