/**
 * SQL as the server itself sent it, turned into something that can be run again for another customer: what a statement
 * was given is a constant, or came from outside (whose cart, which variant), or from the answer of a statement before.
 */

/** One statement that went to PostgreSQL, with its first row. */
export interface Recorded {
  /** which connection: what stands between begin and commit on one is a transaction */
  connection: number
  name?: string
  text: string
  values: unknown[]
  /** the answer, when it was one row */
  row?: Record<string, unknown>
}

type Part =
  | { from: 'constant'; value: unknown }
  | { from: 'input'; name: string }
  | { from: 'fresh'; name: string }
  | { from: 'result'; step: number; column: string }
  /** text with ids in it, as JSON that is sent whole */
  | { from: 'mixed'; text: string; ids: { id: string; part: Part }[] }

export interface Step {
  name?: string
  text: string
  parts: Part[]
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/**
 * @param inputs what differed from one customer to the next when this was recorded, by name
 * @param fresh ids that the outside world made up, by name: each play makes up its own
 */
export function toScript(recorded: Recorded[], inputs: Record<string, string>, fresh: Record<string, string>): Step[] {
  const known = new Map<string, Part>()
  for (const [name, id] of Object.entries(inputs)) known.set(id, { from: 'input', name })
  for (const [name, id] of Object.entries(fresh)) known.set(id, { from: 'fresh', name })

  let versionStep: number | undefined
  return inTransactions(recorded).map(({ name, text, values, row }, step) => {
    // a number tells nothing of where it came from, but what a row's version has to be was read before
    const version = versionStep !== undefined && /\bversion = \$(\d+)/.exec(text)?.[1]
    const parts = values.map((given, i): Part => {
      const value = Array.isArray(given) ? toText(given) : given
      if (version === String(i + 1)) return { from: 'result', step: versionStep!, column: 'version' }
      if (typeof value !== 'string') return { from: 'constant', value: given }
      const whole = known.get(value)
      if (whole) return whole
      const ids = [...known.keys()].filter((id) => value.includes(id))
      if (ids.length === 0) return { from: 'constant', value: given }
      return { from: 'mixed', text: value, ids: ids.map((id) => ({ id, part: known.get(id)! })) }
    })
    for (const [column, value] of Object.entries(row ?? {})) {
      const isId = typeof value === 'string' && value.match(uuid)?.[0] === value
      if (isId && !known.has(value)) known.set(value, { from: 'result', step, column })
    }
    if (row && 'version' in row) versionStep = step
    return { name, text, parts }
  })
}

/** The statements of a transaction together: others were sent on other connections meanwhile. */
function inTransactions(recorded: Recorded[]): Recorded[] {
  const ordered: Recorded[][] = []
  const open = new Map<number, Recorded[]>()
  for (const one of recorded) {
    const running = open.get(one.connection)
    if (running) running.push(one)
    else ordered.push(running ?? [one])
    if (one.text === 'begin') open.set(one.connection, ordered.at(-1)!)
    if (one.text === 'commit' || one.text === 'rollback') open.delete(one.connection)
  }
  return ordered.flat()
}

/** Runs a script through the driver, as the server would: named statements, one after another. */
export async function play(steps: Step[], inputs: Record<string, string>, run: RunStep) {
  const fresh: Record<string, string> = {}
  const rows: (Record<string, unknown> | undefined)[] = []
  const valueOf = (part: Part): unknown => {
    if (part.from === 'constant') return part.value
    if (part.from === 'input') return inputs[part.name]
    if (part.from === 'result') return rows[part.step]?.[part.column]
    if (part.from === 'fresh') return (fresh[part.name] ??= crypto.randomUUID())
    return part.ids.reduce((text, { id, part }) => text.replaceAll(id, String(valueOf(part))), part.text)
  }
  let last: unknown[] = []
  for (const { name, text, parts } of steps) {
    const answer = await run({ name, text, values: parts.map(valueOf) })
    if (answer.length > 0) last = answer
    rows.push(answer[0])
  }
  return last
}

type RunStep = (step: { name?: string; text: string; values: unknown[] }) => Promise<Record<string, unknown>[]>

/** A script in pgbench's language, and the constants that go on its command line. */
export interface PgbenchScript {
  text: string
  variables: Record<string, string>
}

/**
 * Writes a script for `pgbench --protocol=prepared`.
 * @param first lines before it, which set `in_<input>` for every input
 */
export function toPgbench(steps: Step[], first: string): PgbenchScript {
  const variables: Record<string, string> = {}
  const asked = new Map<number, Set<string>>()
  const fresh = new Set<string>()
  const sqlOf = (part: Part, variable: string): string => {
    if (part.from === 'input') return `:in_${part.name}`
    if (part.from === 'fresh') {
      fresh.add(part.name)
      return `:fresh_${part.name}`
    }
    if (part.from === 'result') {
      asked.set(part.step, (asked.get(part.step) ?? new Set()).add(part.column))
      return `:s${part.step}_${part.column}`
    }
    if (part.from === 'mixed') {
      variables[variable] = part.text
      return part.ids.reduce((sql, { id, part }) => `replace(${sql}, '${id}', ${sqlOf(part, '')})`, `:${variable}`)
    }
    const literal = toText(part.value)
    if (literal === null || literal === '') return literal === null ? 'null' : "''" // pgbench has no variable for either
    variables[variable] = literal
    return `:${variable}`
  }
  const lines = steps.map(({ text, parts }, step) =>
    text.replaceAll(/\$(\d+)/g, (_, n: string) => sqlOf(parts[Number(n) - 1]!, `c${step}_${n}`)),
  )
  const script = lines.map((line, step) => line.trim() + (asked.has(step) ? ` \\gset s${step}_` : ';'))
  const made = [...fresh].map((name) => `\\set fresh_${name} random(1, 9000000000000000000)`)
  return { text: [first, ...made, ...script, ''].join('\n'), variables }
}

/**
 * Writes one statement that was recorded many times with other values for pgbench: each run takes the values of one of
 * the recordings by chance.
 */
export function toPgbenchChoice(recorded: Recorded[], prefix: string): PgbenchScript {
  const variables: Record<string, string> = {}
  const { text } = recorded[0]!
  const sql = text.replaceAll(/\$(\d+)/g, (_, n: string) => {
    const values = recorded.map((one) => toText(one.values[Number(n) - 1]))
    const variable = `${prefix}_${n}`
    if (values.every((value) => value === values[0])) {
      if (values[0] === null) return 'null'
      variables[variable] = values[0]!
      return `:${variable}`
    }
    const first = recorded[0]!.values[Number(n) - 1]
    const type = typeof first === 'number' ? 'int' : values[0]?.match(uuid) ? 'uuid' : 'text'
    variables[variable] = toText(values)!
    return `(:${variable}::${type}[])[:choice::int]`
  })
  return { text: `\\set choice random(1, ${recorded.length})\n${sql.trim()};\n`, variables }
}

/** As the driver sends it. */
export function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`
  if (Array.isArray(value)) {
    return `{${value.map((item) => (item === null ? 'null' : `"${String(item).replaceAll(/["\\]/g, '\\$&')}"`)).join(',')}}`
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
