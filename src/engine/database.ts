import {
  CamelCasePlugin,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import type { CompiledQuery, QueryExecutorProvider } from 'kysely'
import { DatabaseError, Pool, types } from 'pg'
import type { CustomTypesConfig, QueryArrayResult } from 'pg'
import type { DB } from './schema.ts'

/** Something that runs SQL: a pool, where each statement commits by itself, or a transaction's connection. */
export interface Db {
  query(config: { name?: string; text: string; values?: unknown[]; rowMode: 'array' }): Promise<QueryArrayResult>
}

/** A connection between `begin` and `commit`. What must be all or nothing asks for this type. */
export interface Transaction extends Db {
  readonly inTransaction: true
}

/** Builds queries with types; runs none itself. Names are camelCase here and snake_case in the database. */
export const q = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
  plugins: [new CamelCasePlugin()],
})

/** How many statements this process has sent: tests hold requests to a fixed number, /metrics shows it. */
export const statements = { sent: 0 }

/** Stands where a value will come, while a query is compiled. */
class Placeholder {
  readonly key: string
  constructor(key: string) {
    this.key = key
  }
}

const placeholders = new Proxy({}, { get: (_, key) => new Placeholder(String(key)) })

/** A query that is not run yet. */
export interface Buildable<R> {
  compile(executor: QueryExecutorProvider): CompiledQuery<R>
}

/**
 * A query compiled once and sent as a named statement, which PostgreSQL parses and plans once a connection: building
 * it at each request costs more than running it (1.8 against 4.2 thousand requests a second).
 * @param name unique in the program; it is what pg_stat_activity shows
 * @param build makes the query from its parameters: `sql` templates and Kysely's builders take them alike
 * @param options.plan `once` a connection; or `anew` each time, for the very values that it is given: where the best way
 * depends on them, as with filters that match much or little
 * @returns runs it; rows are plain objects with camelCase keys
 */
export function statement<P extends object, R>(
  name: string,
  build: (p: P) => Buildable<R>,
  { plan = 'once' }: { plan?: 'once' | 'anew' } = {},
): (db: Db, params: P) => Promise<R[]> {
  let compiled: { text: string; take: (string | null)[]; constants: readonly unknown[] } | undefined
  let columns: string[] | undefined

  const compile = () => {
    const query = build(placeholders as P).compile(q)
    const keys = query.parameters.map((value) => (value instanceof Placeholder ? value.key : null))
    // what is named in ten places travels once: each place was given a number of its own
    const used = keys.flatMap((key, i) => (key === null || keys.indexOf(key) === i ? [i] : []))
    const numberOf = (i: number) => used.indexOf(keys[i] === null ? i : keys.indexOf(keys[i]!)) + 1
    const text = query.sql.replaceAll(/\$(\d+)/g, (_, n: string) => `$${numberOf(Number(n) - 1)}`)
    return { text, take: used.map((i) => keys[i]!), constants: used.map((i) => query.parameters[i]) }
  }

  return async (db, params) => {
    compiled ??= compile()
    const { text, take, constants } = compiled
    const values = take.map((key, i) => (key === null ? constants[i] : params[key as keyof P]))
    statements.sent++
    const query = { text, values, rowMode: 'array' } as const
    const result = await db.query(plan === 'once' ? { ...query, name } : query)
    if (result.rows.length === 0) return []
    const keys = (columns ??= result.fields.map((field) => camelCase(field.name)))
    return result.rows.map((row: unknown[]) => {
      const object: Record<string, unknown> = {}
      for (let i = 0; i < keys.length; i++) object[keys[i]!] = row[i]
      return object as R
    })
  }
}

/**
 * Put into what a statement returns, lets its transaction's commit go on without waiting for the disk: half of the cost
 * of a small change, and locks are held for less than half as long. A crash of PostgreSQL may lose it, with everything
 * that was committed after it. So this is for what a request answers only after a later commit that waits, and for what
 * is done again.
 */
export const hurriedCommit = sql`set_config('synchronous_commit', 'off', true)`

/** The one row of a statement that returns one. @throws Error when it does not: a mistake of ours, no refusal */
export function one<R>(rows: R[]): R {
  if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}`)
  return rows[0]!
}

const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Runs SQL that is sent as it stands: begin and commit, migrations, tests. */
export async function execute(db: Db, text: string, values: unknown[] = []): Promise<unknown[][]> {
  statements.sent++
  const result = await db.query({ text, values, rowMode: 'array' })
  return result.rows as unknown[][]
}

// bigint columns hold money and serials below 2^53 (checked in the tables), so they are JavaScript numbers
const parsers: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === types.builtins.INT8 ? Number : (types.getTypeParser(oid, format) as (text: string) => unknown),
}

/**
 * Opens the pool of connections.
 * @param url a PostgreSQL connection string
 * @param max connections at most; beyond it, requests wait their turn
 */
export function openPool(url: string, max: number): Pool {
  return hearErrors(
    new Pool({
      connectionString: url,
      max,
      types: parsers,
      pipeline: true, // statements sent together travel together
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      application_name: 'saudagar',
      // Every statement of a request has an index. One that was planned while its table was small would scan that table
      // until statistics catch up, minutes after it has grown; and compiling a plan costs more than running ours.
      options: '-c enable_seqscan=off -c jit=off',
    }),
  )
}

/**
 * A connection that breaks (a restart of PostgreSQL) fails the statements that are on it, and is replaced at the next
 * use. It says so by an event too, idle or not, and an event that nobody hears would end the process.
 * @returns the pool
 */
export function hearErrors(pool: Pool): Pool {
  pool.on('error', () => {})
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}

/** Whether PostgreSQL refused because of this constraint, named as in the migrations. */
export const violates = (error: unknown, constraint: string) =>
  error instanceof DatabaseError && error.constraint === constraint

/** Deadlock, or a serialization failure: the transaction did nothing and may be tried again. */
export const isRetryable = (error: unknown) =>
  error instanceof DatabaseError && (error.code === '40P01' || error.code === '40001')
