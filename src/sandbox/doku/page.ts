import { escapeHtml, page, type Answer } from '../http.ts'
import { banksOf, isOver, type Invoice, type Status } from './books.ts'

const style = `
:root{color-scheme:light dark;--card:#fff;--ink:#1b2430;--faint:#64707d;--line:#e2e6ea;--ground:#f1f3f5;--red:#c8102e;--bad:#a80f26;--good:#12703c;--goodground:#e5f4ea;--badground:#fdeceb}
@media(prefers-color-scheme:dark){:root{--card:#1c2127;--ink:#e9ecef;--faint:#9aa5b1;--line:#333b44;--ground:#111418;--red:#d42a42;--bad:#ff9aa0;--good:#7bd19c;--goodground:#173023;--badground:#3a1c1e}}
body{max-width:none;margin:0;padding:0;background:var(--ground);color:var(--ink)}
main{box-sizing:border-box;max-width:30rem;margin:0 auto;padding:1.25rem 1rem 3rem}
h1{font-size:1rem;margin:.25rem 0 1rem;color:var(--faint);font-weight:600}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin-bottom:1rem}
h2{font-size:.8rem;font-weight:600;color:var(--faint);margin:0 0 .15rem}
p{margin:.35rem 0}.sum{font-size:1.9rem;font-weight:700;line-height:1.2;margin:0 0 1.1rem}
.number{font:600 1.35rem/1.3 ui-monospace,monospace;margin:0;overflow-wrap:anywhere;user-select:all}
dl{margin:1.1rem 0 0;border-top:1px solid var(--line)}dl div{display:flex;justify-content:space-between;gap:1rem;padding:.55rem 0;border-bottom:1px solid var(--line)}
dt{color:var(--faint)}dd{margin:0;text-align:right;overflow-wrap:anywhere}dl div:last-child{border-bottom:0;padding-bottom:0}
.state{border-radius:.5rem;padding:.7rem .9rem;margin:0 0 1rem;font-weight:600}.paid{background:var(--goodground);color:var(--good)}.failed,.over{background:var(--badground);color:var(--bad)}
form{margin:0}.acts{display:grid;gap:.6rem}
button,select,.back{box-sizing:border-box;width:100%;font:inherit;font-weight:600;padding:.75rem 1rem;border-radius:.5rem;border:1px solid var(--line);background:transparent;color:inherit;cursor:pointer;text-align:center;text-decoration:none;display:block}
select{font-weight:400;margin-bottom:.6rem;text-align:left}option{color:#1b2430;background:#fff}
.main{background:var(--red);border-color:var(--red);color:#fff}small{color:var(--faint);display:block;margin-top:.8rem}`

const states: Record<Status, string> = {
  PENDING: '',
  FAILED: '<p class="state failed" role="status">The last attempt failed. You can try again.</p>',
  SUCCESS: '<p class="state paid" role="status">Paid. There is nothing more to do here.</p>',
  EXPIRED: '<p class="state over" role="status">This invoice has expired. Nothing can be paid into it any more.</p>',
}

const rupiah = new Intl.NumberFormat('id-ID', { style: 'currency', currency: 'IDR', maximumFractionDigits: 0 })
const moment = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Jakarta', dateStyle: 'medium', timeStyle: 'short' })

/** The page on which a person plays the customer at the bank. */
export function printPage(invoice: Invoice): Answer {
  const { bank, accountNumber, callbackUrl } = invoice
  const rows: [string, string][] = [
    ...(bank ? [['Bank', bank.name] as [string, string]] : []),
    ['Invoice', invoice.invoiceNumber],
    ...(typeof invoice.customer['name'] === 'string'
      ? [['Customer', invoice.customer['name']] as [string, string]]
      : []),
    ['Pay before', `${moment.format(invoice.dueAt)} WIB`],
  ]
  const main = `${states[invoice.status]}
<section>
<h2>Amount to pay</h2><p class="sum">${escapeHtml(rupiah.format(invoice.amount))}</p>
${accountNumber === null ? '' : `<h2>Virtual account number</h2><p class="number">${inFours(accountNumber)}</p>`}
<dl>${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>
</section>
${isOver(invoice) ? '' : bank ? acts(bank.name) : chooser(invoice)}
${callbackUrl === null ? '' : `<a class="back" href="${escapeHtml(callbackUrl)}">Back to the shop</a>`}
<small>A stand-in for DOKU’s payment page. No money moves: the buttons play what the bank would tell.</small>`
  return page('DOKU sandbox', main, style)
}

const acts = (bankName: string) => `<section class="acts">
${button('success', `Pay at ${escapeHtml(bankName)}`, 'main')}
${button('failed', 'Let the payment fail')}
${button('expired', 'Let the invoice expire')}
</section>`

const button = (outcome: string, label: string, kind = '') =>
  `<form method="post"><button class="${kind}" name="outcome" value="${outcome}">${label}</button></form>`

const chooser = (invoice: Invoice) => `<section><form method="post">
<h2><label for="bank">Choose your bank</label></h2>
<select id="bank" name="channel">${banksOf(invoice)
  .map(({ channel, name }) => `<option value="${channel}">${escapeHtml(name)}</option>`)
  .join('')}</select>
<button class="main">Show the account number</button></form></section>
<section class="acts">${button('expired', 'Let the invoice expire')}</section>`

/** A number is typed at the bank: in fours it can be read. The gaps are drawn, so that copying gives digits alone. */
const inFours = (number: string) =>
  (number.match(/.{1,4}/g) ?? []).map((four) => `<span style="margin-right:.4em">${four}</span>`).join('')

export const noSuchPage = (): Answer => ({
  ...page('DOKU sandbox', '<section><p>There is no such invoice here.</p></section>', style),
  status: 404,
})
