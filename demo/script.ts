import assert from 'node:assert/strict'

export const base = process.env['BASE_URL'] ?? 'http://localhost:8000'
export const sandbox = process.env['SANDBOX_URL'] ?? 'http://localhost:8001'

// oxlint-disable-next-line typescript/no-explicit-any -- what comes over the wire is what is checked here
export type Wire = any

export interface Answer {
  status: number
  body: Wire
  headers: Headers
}

/** One request; what is no JSON is answered as bytes. */
export async function send(
  url: string,
  method: string,
  body?: object,
  token?: string,
  more: Record<string, string> = {},
): Promise<Answer> {
  const headers: Record<string, string> = { ...more }
  if (body) headers['content-type'] = 'application/json'
  if (token) headers['authorization'] = `Bearer ${token}`
  const response = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : undefined })
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  const content = isJson ? await response.json() : Buffer.from(await response.arrayBuffer())
  return { status: response.status, body: content, headers: response.headers }
}

let steps = 0

/**
 * One step: what is done, the call, and what must come back. Ends the process at the first that is not so.
 * @returns the answer's body
 */
export async function step(what: string, status: number, call: Promise<Answer>, check: (body: Wire) => string) {
  const answer = await call
  try {
    assert.equal(answer.status, status, `status ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`)
    say(what, String(answer.status), check(answer.body))
  } catch (error) {
    say(what, 'FAILED', `\n     ${(error as Error).message}`)
    process.exit(1)
  }
  return answer.body
}

function say(what: string, status: string, result: string) {
  process.stdout.write(`${String(++steps).padStart(3)}  ${what.padEnd(46)} ${status}  ${result}\n`)
}

/** Asks again until the answer is what is waited for. Ends the process when it does not come. */
// oxlint-disable-next-line typescript/consistent-return -- without an answer the process ends
export async function waitFor(
  what: string,
  seconds: number,
  ask: () => Promise<Answer>,
  isThere: (body: Wire) => boolean,
) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const answer = await ask()
    if (answer.status < 300 && isThere(answer.body)) return answer
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  process.stdout.write(`     ${what}: waited ${seconds} s in vain\n`)
  process.exit(1)
}

/** The newest mail to an address. */
export const mailTo = (address: string) =>
  waitFor(
    'a mail',
    10,
    () => send(`${sandbox}/mail/messages?to=${encodeURIComponent(address)}`, 'GET'),
    (messages) => messages.length > 0,
  ).then(({ body }) => body[0] as { subject: string; text: string })

export const finish = () => process.stdout.write(`\n     ${steps} steps, all as the contract says.\n`)
