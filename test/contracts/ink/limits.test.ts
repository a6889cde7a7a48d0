import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { serve } from '../../../src/main.ts'
import { request } from '../../support/installation.ts'
import { enrolment, openParcels, verification } from '../../support/parcels.ts'
import { until } from '../../support/wait.ts'
import json from '../ink.json' with { type: 'json' }

// one proxy is believed, so that a test can ask from any address
const parcels = await openParcels({ after }, { rateLimits: true, env: { TRUST_PROXY: '1' } })
const other = await serve({ ...parcels, config: { ...parcels.config, port: 0 } })
after(() => other.stop())
const otherUrl = `http://127.0.0.1:${(other.app.server.address() as AddressInfo).port}`

let addresses = 0
const newAddress = () => `198.51.100.${++addresses}`
const ask = (address: string, method: string, path: string, body?: unknown, url = parcels.url, slug = 'ink') =>
  request(`${url}/${slug}${path}`, { method, body, headers: { 'x-forwarded-for': address } })

/** Counters begin anew with each hour: what belongs together is asked within one. */
async function withinOneHour(seconds = 20) {
  const left = 3_600_000 - (Date.now() % 3_600_000)
  if (left < seconds * 1000) await new Promise((resolve) => setTimeout(resolve, left + 20))
}

const documented: Record<string, (address: string, n: number) => Promise<{ status: number }>> = {
  'health.get': (address) => ask(address, 'GET', '/health'),
  'jwks.get': (address) => ask(address, 'GET', '/.well-known/jwks.json'),
  'packages.enroll': (address, n) => ask(address, 'POST', '/enroll', enrolment(`limit-${address}-${n}`)),
  'packages.verify': (address) => ask(address, 'POST', '/verify', verification('nobody’s')),
  'proofs.retrieve': (address) => ask(address, 'GET', '/retrieve/proof_abc123def456'),
}

test('all documented endpoints are limited together: a hundred requests an hour for one address', async () => {
  await withinOneHour()
  assert.deepEqual(Object.keys(documented).toSorted(), json.endpoints.map(({ id }) => id).toSorted())
  const address = newAddress()
  const calls = Object.values(documented)
  for (let n = 0; n < 100; n++) assert.notEqual((await calls[n % 5]!(address, n)).status, 429, `request ${n + 1}`)
  for (const [id, call] of Object.entries(documented)) assert.equal((await call(address, 100)).status, 429, id)
  const { body, headers } = await ask(address, 'GET', '/health')
  assert.deepEqual(body, json.general.rateLimits.exceeded.body)
  const seconds = Number(headers.get('retry-after'))
  assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600)
  assert.equal((await ask(newAddress(), 'GET', '/health')).status, 200)
})

test('servers agree within a second, also with one that has just started', async () => {
  await withinOneHour()
  const took: number[] = []
  // a busy machine may need longer for a thing that is otherwise within half of it: one of three is enough
  while (took.length < 3 && !took.some((ms) => ms < 1000)) {
    const address = newAddress()
    await Promise.all(Array.from({ length: 100 }, () => ask(address, 'GET', '/health')))
    const began = Date.now()
    await until(
      'the other server refuses',
      async () => (await ask(address, 'GET', '/health', undefined, otherUrl)).status === 429,
      5000,
    )
    took.push(Date.now() - began)
  }
  assert.ok(Math.min(...took) < 1000, `after ${took.join(', ')} ms`)
})

test('two servers between them let no more through than one, but for what comes within a second', async () => {
  await withinOneHour()
  const address = newAddress()
  let passed = 0
  for (let n = 0; n < 60; n++) {
    const answers = await Promise.all(
      [parcels.url, otherUrl].map((url) => ask(address, 'GET', '/health', undefined, url)),
    )
    passed += answers.filter(({ status }) => status === 200).length
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  assert.ok(passed >= 100 && passed <= 160, `${passed} passed`)
})

test('what is for load balancers, pages and tiles is not counted', async () => {
  await withinOneHour()
  const address = newAddress()
  for (let n = 0; n < 100; n++) await ask(address, 'GET', '/health')
  assert.equal((await ask(address, 'GET', '/health')).status, 429)
  for (const path of ['/healthz', '/readyz']) {
    const { status } = await request(`${parcels.url}${path}`, {
      method: 'GET',
      headers: { 'x-forwarded-for': address },
    })
    assert.equal(status, 200, path)
  }
  for (const path of ['/openapi.json', '/docs']) assert.equal((await ask(address, 'GET', path)).status, 200, path)
})

test('a store’s count is its own, and INK’s is not its shop’s', async () => {
  await withinOneHour()
  const address = newAddress()
  for (let n = 0; n < 101; n++) await ask(address, 'GET', '/health')
  assert.equal((await ask(address, 'GET', '/health')).status, 429)
  assert.equal((await ask(address, 'GET', '/health', undefined, parcels.url, 'ionora')).status, 200)
  assert.equal((await ask(address, 'GET', '/api/products', undefined, parcels.url, 'ionora')).status, 200)
})

test('addresses of one household count as one', async () => {
  await withinOneHour()
  for (let n = 0; n < 100; n++) await ask(`2001:db8:1:2::${(n + 1).toString(16)}`, 'GET', '/health')
  assert.equal((await ask('2001:db8:1:2:ffff::1', 'GET', '/health')).status, 429)
  assert.equal((await ask('2001:db8:1:3::1', 'GET', '/health')).status, 200)
})
