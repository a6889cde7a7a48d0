import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { testDatabase } from '../../../../test/support/database.ts'

const rows = 100_000

/** Imports the file it is given, in a process that does nothing else. */
const program = `
  import { createReadStream } from 'node:fs'
  const { openShop } = await import(${JSON.stringify(new URL('testing.ts', import.meta.url).href)})
  const { importProducts } = await import(${JSON.stringify(new URL('import.ts', import.meta.url).href)})
  const [url, file] = process.argv.slice(1)
  const { engine, store, close } = await openShop(url, ['INR'], 2)
  const import_ = () => importProducts(engine, store, createReadStream(file), { currency: 'USD', rate: '83.5' })
  const began = performance.now()
  const first = await import_()
  const seconds = (performance.now() - began) / 1000
  const again = await import_()
  const againSeconds = (performance.now() - began) / 1000 - seconds
  const megabytes = process.resourceUsage().maxRSS / 1024
  console.log(JSON.stringify({ first, again, seconds, againSeconds, megabytes }))
  await close()
`

test('100,000 rows go in within a minute and 300 MB', { timeout: 180_000 }, async (t) => {
  const { url } = await testDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-import-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'products.csv')
  await pipeline(Readable.from(largeFile()), createWriteStream(file))

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, url, file])
  const { first, again, seconds, againSeconds, megabytes } = JSON.parse(stdout)
  t.diagnostic(
    `${Math.round(rows / seconds)} rows/s, then ${Math.round(rows / againSeconds)} unchanged rows/s; ${Math.round(megabytes)} MB`,
  )
  assert.equal(first.rows, rows)
  assert.equal(first.rowsRefused, 0)
  assert.equal(first.productsAdded, 40_000)
  assert.equal(first.variantsAdded, 80_000)
  assert.equal(again.productsUnchanged, 40_000)
  assert.equal(again.stockChanged, 0)
  assert.ok(seconds < 60, `${seconds} s`)
  assert.ok(megabytes < 300, `${megabytes} MB`)
})

/** 40,000 products of one to three variants and an image row now and then, described as shops do. */
async function* largeFile() {
  yield 'Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Image Src,Image Position,Variant Image\n'
  const words =
    'clay cotton copper sofa lamp oak linen garden water filter blue classic hand made for every day and home'
  const word = words.split(' ')
  for (let n = 0; n < 40_000; n++) {
    const name = [0, 1, 2].map((i) => word[(n * (i + 3) + i) % word.length]).join(' ')
    const text = Array.from({ length: 40 }, (_, i) => word[(n + i * i) % word.length]).join(' ')
    const image = `https://cdn.example.com/products/${n}`
    const body = `"<p>The ""${name}"" of series ${n}.</p>\n<ul><li>${text}</li><li><b>${name}</b></li></ul>"`
    let rows = `${name.replaceAll(' ', '-')}-${n},${name} ${n},${body},Maker ${n % 50},Type ${n % 20},"${word[n % 7]}, ${word[n % 11]}",true,Size,S,SKU-${n}-S,${n % 900},${n % 40},deny,${n % 500}.99,${n % 700},${image}-1.jpg,1,\n`
    const handle = `${name.replaceAll(' ', '-')}-${n}`
    if (n % 2 === 0) {
      rows += `${handle},,,,,,,,M,SKU-${n}-M,120,3,deny,${n % 500}.99,,${image}-2.jpg,2,${image}-2.jpg\n`
      rows += `${handle},,,,,,,,L,SKU-${n}-L,130,0,continue,${n % 500}.49,,,,\n`
      rows += `${handle},,,,,,,,,,,,,,,${image}-3.jpg,3,\n`
    }
    yield rows
  }
}
