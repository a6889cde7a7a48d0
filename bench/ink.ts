import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { cpus } from 'node:os'
import { createEngine, guest } from '../src/engine/context.ts'
import type { Db } from '../src/engine/context.ts'
import { openPool } from '../src/engine/database.ts'
import { createProofs } from '../src/engine/proofs/proofs.ts'
import { enrol } from '../src/engine/proofs/enrol.ts'
import { checkDelivery, recordDelivery } from '../src/engine/proofs/verify.ts'
import { hashToken, openVault } from '../src/engine/sealing.ts'
import { addStore, listStores } from '../src/engine/stores/stores.ts'
import { inkStore } from '../src/server/demo/ink.ts'
import { install, query, startCommand } from './installation.ts'
import { drive, median, percentile } from './load.ts'
import type { Sample } from './load.ts'
import { findPgbench, pgbenchClients, preparePgbench } from './pgbench.ts'
import type { PgbenchRun } from './pgbench.ts'
import { toText } from './script.ts'
import type { PgbenchScript } from './script.ts'
import { cpuOfFamily } from './usage.ts'
import { openWire, post } from './wire.ts'

/**
 * What enrolments and verifications cost, beside pgbench with the same statements and the bare signatures that each needs.
 */

const phones = 8
const rounds = 3
/** Parcels that wait to be verified: more than all rounds together can. */
const waiting = 150_000
const home = { lat: 40.7128, lng: -74.006 }

type Act = 'enroll' | 'verify'

interface Figures {
  name: Act
  server: Sample[]
  pgbench: Sample[]
  /** milliseconds of PostgreSQL's and of the server's CPU for each */
  cpu: { server: number; postgres: number }
  statements: number
}

const tokenOf = (n: number) => `bench-${n}`
const enrolment = (n: number) => ({
  order_id: `ORDER-${n}`,
  nfc_uid: '04:1A:2B:3C:4D:5E:6F',
  nfc_token: `new-${n}`,
  photo_urls: [1, 2, 3, 4].map((photo) => `https://example.com/photo${photo}.jpg`),
  photo_hashes: [1, 2, 3, 4].map((photo) => createHash('sha256').update(`${photo}`).digest('hex')),
  shipping_address_gps: home,
  customer_phone_last4: '1234',
  warehouse_gps: { lat: 40.758, lng: -73.9855 },
})

export async function benchInk({ seconds, json, say }: { seconds: number; json: boolean; say(line: string): void }) {
  const program = findPgbench()
  if (!program) throw new Error('pgbench is not there: without it there is no floor')
  say('setting up INK: PostgreSQL')
  const installation = await install({
    fill: async (pool) => {
      await addStore(createEngine(pool).db, inkStore)
      return { storeId: '', customers: [], variants: [], pages: [] }
    },
  })
  try {
    const recorded = await overhear(installation.databaseUrl, installation.env['SAUDAGAR_SECRET']!)
    say(`enrolling ${waiting.toLocaleString('en')} parcels`)
    await enrolMany(installation.databaseUrl)
    const floorUrl = await installation.copyDatabase('floor')
    const prepare = async (name: string, script: PgbenchScript) =>
      preparePgbench(program, floorUrl, installation.folder, name, [{ ...script, weight: 1 }], 1)
    const floors: Record<Act, PgbenchRun[]> = { enroll: [], verify: [] }
    for (let round = 0; round <= rounds; round++) {
      floors.enroll.push(await prepare(`enroll-${round}`, toScript(recorded.enroll, anybody)))
      floors.verify.push(await prepare(`verify-${round}`, toScript(recorded.verify, oneOfRound(round))))
    }
    const url = `http://127.0.0.1:${installation.ports.shop}`
    const server = await startCommand(installation, 'start', `${url}/readyz`)
    try {
      const wires = await Promise.all(Array.from({ length: phones }, () => openWire(installation.ports.shop)))
      let enrolled = 0
      let verified = 0
      const next = {
        enroll: () => post('/ink/enroll', enrolment(enrolled++)),
        verify: () =>
          post('/ink/verify', {
            nfc_token: tokenOf(verified++),
            delivery_gps: { lat: 40.7129, lng: -74.0061 },
            device_info: 'iPhone 14 Pro, iOS 17',
          }),
      }
      const figures: Figures[] = []
      for (const name of ['enroll', 'verify'] as const) {
        say(`measuring: ${name}`)
        await drive(wires, 2, next[name])
        await floors[name][rounds]!(1)
        const one: Figures = {
          name,
          server: [],
          pgbench: [],
          cpu: { server: 0, postgres: 0 },
          statements: recorded[name].length,
        }
        let [ours, theirs] = [0, 0]
        for (let round = 0; round < rounds; round++) {
          const before = [cpuOfFamily(server.pid), cpuOfFamily(installation.postgresPid)] as const
          one.server.push(await drive(wires, seconds / rounds, next[name]))
          ours += cpuOfFamily(server.pid) - before[0]
          theirs += cpuOfFamily(installation.postgresPid) - before[1]
          one.pgbench.push(await floors[name][round]!(seconds / rounds))
        }
        const done = one.server.reduce((sum, sample) => sum + sample.done, 0)
        one.cpu = { server: (ours / done) * 1000, postgres: (theirs / done) * 1000 }
        const failed = one.server.find((sample) => sample.failed > 0)
        if (failed) throw new Error(`${name}: ${failed.failure}`)
        figures.push(one)
      }
      for (const wire of wires) wire.close()
      const bare = bareSignatures()
      const facts = {
        cores: cpus().length,
        node: process.versions.node,
        postgres: installation.postgresVersion,
        fsyncMs: installation.fsyncMs,
      }
      const results = figures.map((one) => judge(one, bare, facts.cores))
      process.stdout.write(
        json
          ? `${JSON.stringify({ facts, signaturesPerSecond: bare, results }, null, 2)}\n`
          : `\nINK\n${print(results, bare)}\n`,
      )
    } finally {
      await server.stop()
    }
  } finally {
    await installation.stop()
  }
}

interface Heard {
  text: string
  values: unknown[]
}

/** What stands for itself in a recorded statement, and is another one at each run. */
const markers = { id: '00000000-0000-7000-8000-0000000000ff', token: 'the-token-that-is-replaced' }

/** Plays both once with the driver overheard: the floor runs what the server runs today. */
async function overhear(url: string, secret: string): Promise<Record<Act, Heard[]>> {
  const pool = openPool(url, 2)
  try {
    const engine = createEngine(pool)
    const proofs = createProofs(openVault(secret))
    const store = (await listStores(engine.db))[0]!
    await proofs.notary.signerOf(engine.direct(store, guest))
    let heard: Heard[] = []
    const listening = <D extends Db>(db: D): D => ({
      ...db,
      query: (config: Parameters<Db['query']>[0]) => {
        heard.push({ text: config.text, values: config.values ?? [] })
        return db.query(config)
      },
    })
    const direct = () => {
      const ctx = engine.direct(store, guest)
      return { ...ctx, tx: listening(ctx.tx) }
    }
    const { shipping_address_gps, warehouse_gps, ...sent } = enrolment(0)
    const { id } = await enrol(direct(), proofs, {
      orderRef: sent.order_id,
      nfcUid: sent.nfc_uid,
      nfcToken: markers.token,
      photoUrls: sent.photo_urls,
      photoHashes: sent.photo_hashes,
      shippingGps: shipping_address_gps,
      warehouseGps: warehouse_gps,
      phoneDigits: sent.customer_phone_last4,
      tagKey: null,
      tap: null,
    })
    const enrolled = heard
    heard = []
    const delivery = { gps: { lat: 40.7129, lng: -74.0061 }, deviceInfo: 'iPhone 14 Pro, iOS 17' }
    const said = { ...delivery, nfcToken: markers.token, phoneDigits: null, tap: null }
    const checked = await checkDelivery(direct(), proofs, said)
    heard.push({ text: 'begin', values: [] })
    await engine.run(store, guest, (ctx) =>
      recordDelivery({ ...ctx, tx: listening(ctx.tx) }, proofs, checked, 'https://in.ink/verify/'),
    )
    heard.push({ text: 'commit', values: [] })
    const marked = (statements: Heard[]) =>
      statements.map(({ text, values }) => ({
        text,
        values: values.map((value) => (value === id ? markers.id : value)),
      }))
    return { enroll: marked(enrolled), verify: marked(heard) }
  } finally {
    await pool.end()
  }
}

interface Chosen {
  first: string
  id: string
  tokenHash: string
}

/** A parcel that nobody has enrolled. */
const anybody: Chosen = {
  first: '\\set r random(1, 9000000000000000000)',
  id: 'md5(:r::text)::uuid',
  tokenHash: 'sha256(:r::text::bytea)',
}

/** The next of those that wait, of a round's and a client's own. */
function oneOfRound(round: number): Chosen {
  const each = Math.floor(waiting / (rounds + 1) / pgbenchClients)
  return {
    first: `\\set n :n + 1\n\\set i ${round * each * pgbenchClients} + :client_id * ${each} + :n`,
    id: `md5('p' || :i::text)::uuid`,
    tokenHash: `sha256(('bench-' || :i::text)::bytea)`,
  }
}

/** Statements as pgbench runs them. */
function toScript(statements: Heard[], { first, id, tokenHash }: Chosen): PgbenchScript {
  const variables: Record<string, string> = { n: '0' }
  const hash = hashToken(markers.token)
  const lines = statements.map(({ text, values }, step) =>
    text.replaceAll(/\$(\d+)/g, (_, n: string) => {
      const value = values[Number(n) - 1]
      if (value === markers.id) return id
      if (Buffer.isBuffer(value) && value.equals(hash)) return tokenHash
      const literal = toText(value)
      if (literal === null || literal === '') return literal === null ? 'null' : "''"
      variables[`c${step}_${n}`] = literal
      return `:c${step}_${n}`
    }),
  )
  return { text: `${[first, ...lines.map((line) => `${line.trim()};`)].join('\n')}\n`, variables }
}

/** Parcels that wait for their tap, as far as a verification looks at them. */
async function enrolMany(url: string) {
  await query(
    url,
    `insert into proof (store_id, id, token_hash, order_ref, nfc_uid, photo_urls, photo_hashes, shipping_lat, shipping_lng,
      enrolled_at, enrolled_document, enrolled_signature, enrolled_kid)
    select store_id, md5('p' || i)::uuid, sha256(('bench-' || i)::bytea), 'ORDER-' || i, nfc_uid, photo_urls, photo_hashes,
      shipping_lat, shipping_lng, enrolled_at, enrolled_document, enrolled_signature, enrolled_kid
    from proof, generate_series(0, ${waiting}) i`,
  )
}

/** Ed25519 signatures over a document that one core makes in a second. */
function bareSignatures(): number {
  const { privateKey } = generateKeyPairSync('ed25519')
  const document = Buffer.from(JSON.stringify(enrolment(0)))
  const rates: number[] = []
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    for (let i = 0; i < 2000; i++) sign(null, document, privateKey)
    rates.push(2000 / ((performance.now() - began) / 1000))
  }
  return median(rates)
}

/** Each act makes two: over the published document, and over our own statement. */
const signaturesEach = 2

function judge({ name, server, pgbench, cpu, statements }: Figures, bare: number, cores: number) {
  const rate = (samples: Sample[]) => median(samples.map(({ done, seconds }) => done / seconds))
  const latencies = server.flatMap((sample) => sample.latencies)
  const floor = 1 / (1 / rate(pgbench) + signaturesEach / (bare * cores))
  return {
    name,
    perSecond: rate(server),
    p50: median(latencies),
    p99: percentile(latencies, 0.99),
    pgbench: rate(pgbench),
    floor,
    share: rate(server) / floor,
    statements,
    cpu,
  }
}

function print(results: ReturnType<typeof judge>[], bare: number): string {
  const head = [
    '',
    'a second',
    'p50 ms',
    'p99 ms',
    'pgbench',
    'with signatures',
    'reached',
    'CPU ms: server',
    'PostgreSQL',
    'statements',
  ]
  const rows = results.map((one) => [
    one.name,
    one.perSecond.toFixed(0),
    one.p50.toFixed(1),
    one.p99.toFixed(1),
    one.pgbench.toFixed(0),
    one.floor.toFixed(0),
    `${(one.share * 100).toFixed(0)} %`,
    one.cpu.server.toFixed(2),
    one.cpu.postgres.toFixed(2),
    String(one.statements),
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return [
    line(head),
    ...rows.map(line),
    '',
    `${phones} phones at once; a bare Ed25519 signature: ${bare.toFixed(0)} a second and core, two for each.`,
    'aim: half of the floor',
  ].join('\n')
}
