import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

const address = /[\w.+%'-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/gi
const token = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g

/**
 * The log: one line of JSON each. No line may hold a token, a password or somebody's address, whoever writes it:
 * errors are told by what they are and where, and what looks like an address or a token is masked in any text.
 * @param destination standard output when left out
 */
export const createLog = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service: 'saudagar' },
      serializers: { err: toLine },
      redact: {
        paths: ['req', 'res', 'headers', 'body', 'email', 'password', 'token', '*.email', '*.password', '*.token'],
        remove: true,
      },
      hooks: {
        streamWrite: (line) =>
          line.includes('@') || line.includes('eyJ')
            ? line.replace(address, '[address]').replace(token, '[token]')
            : line,
      },
    },
    ...(destination ? [destination] : []),
  )

interface Told {
  type: string
  message: string
  code?: string
  /** of a database error: names of ours, never values */
  table?: string
  constraint?: string
  at?: string[]
  cause?: Told
}

/** What is told of an error. Its other members (a row, a query's values, a mail's envelope) are left out. */
function toLine(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' }
  const { code, table, constraint, cause } = error as Error & { [K in 'code' | 'table' | 'constraint']?: string }
  // PostgreSQL's data exceptions quote the value: invalid input syntax for type uuid: "…"
  const quotesValue = typeof code === 'string' && /^22...$/.test(code)
  return {
    type: error.constructor.name,
    message: quotesValue ? error.message.replace(/".*"/s, '"…"') : error.message,
    code,
    table,
    constraint,
    at: error.stack?.match(/^ {4}at .*$/gm)?.map((frame) => frame.trim()),
    cause: cause === undefined ? undefined : (toLine(cause) as Told),
  } satisfies Told
}
