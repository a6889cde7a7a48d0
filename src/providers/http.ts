/** The outside service did not answer as it should: nobody knows what it did. */
export class Unreachable extends Error {}

/** What a provider's answer has by its names, all of it somebody else's. */
export type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The objects of a list; what is none is left out. */
export const list = (items: unknown): Json[] => (Array.isArray(items) ? items.filter(isObject) : [])

export interface Answer {
  status: number
  headers: Headers
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
    const text = await readText(response)
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  } catch (error) {
    throw new Unreachable(`${init.method ?? 'GET'} ${new URL(url).host}: ${causeOf(error)}`, { cause: error })
  }
}

/** As `call`, where what did not come is an error of the caller's own. */
export const callOr = (url: string, init: RequestInit, timeoutMs: number, toError: (cause: Unreachable) => Error) =>
  call(url, init, timeoutMs).catch((error: unknown) => {
    throw error instanceof Unreachable ? toError(error) : error
  })

/** No answer that is meant is longer, in bytes. */
const longest = 8 * 1024 * 1024

async function readText({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > longest) throw new RangeError('an endless answer') // leaving the loop ends the connection
    parts.push(part)
  }
  return new TextDecoder().decode(Buffer.concat(parts)) // and not toString, which keeps a byte order mark
}

/** @returns undefined for what is no JSON */
export function parse(text: string): unknown {
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
