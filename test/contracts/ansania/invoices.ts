import assert from 'node:assert/strict'
import { cancel, foreign, orderIn, pay, placed, placedBy, query, serialOf, oakTable } from './buying.ts'
import { shop } from './shop.ts'
import type { RowTests } from './table.ts'

const invoiceOf = async (number: string) =>
  (
    await query(
      `select i.number from invoice i join orders o on o.store_id = i.store_id and o.id = i.order_id
      where o.store_id = $1 and o.number = $2`,
      [shop.store.storeId, number],
    )
  ).map(([invoice]) => String(invoice))

/** What is promised of invoices. */
export const invoice: RowTests[string] = {
  'a PDF, of an order that is paid and of one that is not yet': async (row) => {
    const order = await placed(2)
    const params = { order_number: order.number }
    const ask = async () => {
      const answer = await row.send(order.buyer, { params })
      const pdf: string = row.answers(answer)
      assert.ok(pdf.startsWith('%PDF-') && pdf.trimEnd().endsWith('%%EOF'))
      assert.equal(answer.headers.get('content-disposition'), `attachment; filename="invoice-${order.number}.pdf"`)
      assert.match(answer.headers.get('cache-control')!, /no-store/)
      return pdf
    }
    const unpaid = await ask()
    await pay(order)
    assert.notEqual(await ask(), unpaid, 'it says that it is paid')
    await cancel(order.buyer, order.number)
    await ask()
  },
  'its number stays, however often and at once it is asked for': async (row) => {
    const { buyer, number } = await placed(1)
    const params = { order_number: number }
    await Promise.all(Array.from({ length: 5 }, () => row.ok(buyer, { params })))
    const [invoice, ...more] = await invoiceOf(number)
    const year = new Intl.DateTimeFormat('en', { timeZone: 'Asia/Jakarta', year: 'numeric' }).format(new Date())
    assert.match(invoice!, new RegExp(String.raw`^INV/${year}/\d{5}$`))
    await row.ok(buyer, { params })
    assert.deepEqual([await invoiceOf(number), more], [[invoice], []])
  },
  'twenty at once are numbered without a gap': async (row) => {
    const product = await shop.product({ ...oakTable, variants: [{ ...oakTable.variants![0]!, quantity: 100 }] })
    const buyer = await shop.buyer(serialOf(product))
    const numbers = [orderIn(buyer, await buyer.checkout()).number]
    await row.ok(buyer, { params: { order_number: numbers[0]! } })
    for (let i = 0; i < 20; i++) numbers.push((await placedBy(buyer, product)).number)
    // each is asked for twice: who comes second must not take a number for nothing
    const asking = [...numbers, ...numbers].map((order_number) => row.ok(buyer, { params: { order_number } }))
    await Promise.all(asking)
    const given: number[] = []
    for (const number of numbers) given.push(Number((await invoiceOf(number))[0]!.slice(9)))
    const [first] = given
    assert.deepEqual(
      given.toSorted((a, b) => a - b),
      Array.from({ length: 21 }, (_, i) => first! + i),
    )
  },
  'unknown and other people’s orders have none, and take no number': async (row) => {
    const [{ buyer }, other] = [await placed(1), await placed(1)]
    for (const order_number of [...(await foreign()), other.number])
      await row.no('no order of the caller', buyer, { params: { order_number } })
    assert.deepEqual(await invoiceOf(other.number), [])
  },
}
