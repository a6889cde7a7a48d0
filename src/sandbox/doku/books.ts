import { randomUUID } from 'node:crypto'
import { bankOf, banks, newAccountNumber, type Bank } from './banks.ts'
import { DokuError } from './errors.ts'
import type { NewInvoice } from './checkout.ts'

export interface DokuAccount {
  clientId: string
  secretKey: string
  /** where notifications go that name no address of their own; null: nowhere */
  notificationUrl: string | null
}

/** FAILED is not the end of an invoice: the customer may try again. */
export type Status = 'PENDING' | 'FAILED' | 'SUCCESS' | 'EXPIRED'

export interface Invoice extends NewInvoice {
  account: DokuAccount
  requestId: string
  /** what opens its page */
  token: string
  /** where the customer pays; null until one of several is chosen */
  bank: Bank | null
  accountNumber: string | null
  status: Status
  /** milliseconds, as all moments here */
  createdAt: number
  changedAt: number
  dueAt: number
  timer: NodeJS.Timeout | undefined
}

interface Shop extends DokuAccount {
  /** what was answered under each Request-Id, and to which body */
  answers: Map<string, { body: string; answer: string }>
}

/** What DOKU knows, in memory. */
export function createBooks(accounts: DokuAccount[]) {
  const shops = new Map<string, Shop>()
  for (const account of accounts) {
    if (shops.has(account.clientId)) throw new Error(`two DOKU accounts have the client id ${account.clientId}`)
    shops.set(account.clientId, { ...account, answers: new Map() })
  }
  const invoices: Invoice[] = []
  const byRequest = new Map<string, Invoice>()
  const byNumber = new Map<string, Invoice[]>()
  const byToken = new Map<string, Invoice>()

  /** @throws DokuError when the number is in use */
  function add(account: DokuAccount, requestId: string, asked: NewInvoice): Invoice {
    const now = Date.now()
    const namesakes = byNumber.get(asked.invoiceNumber) ?? []
    if (namesakes.some((other) => other.account === account && targetOf(other) === targetOf({ ...asked, account })))
      throw new DokuError('INVOICE NUMBER ALREADY USED')
    const invoice: Invoice = {
      ...asked,
      account,
      requestId,
      token: randomUUID().replaceAll('-', ''),
      bank: null,
      accountNumber: null,
      status: 'PENDING',
      createdAt: now,
      changedAt: now,
      dueAt: now + asked.dueMinutes * 60_000,
      timer: undefined,
    }
    if (asked.channels?.length === 1) choose(invoice, bankOf(asked.channels[0]!)!)
    invoices.push(invoice)
    byRequest.set(requestId, invoice)
    byNumber.set(asked.invoiceNumber, [...namesakes, invoice])
    byToken.set(invoice.token, invoice)
    return invoice
  }

  return {
    shops,
    invoices,
    byToken,
    add,
    /** By invoice number or Request-Id, of one account or of any; of several with a number the last. */
    find: (id: string, account?: DokuAccount): Invoice | undefined =>
      [byRequest.get(id), ...(byNumber.get(id) ?? []).toReversed()].find(
        (invoice) => invoice && (account === undefined || invoice.account === account),
      ),
  }
}

/**
 * Where an invoice's notifications go. Shops that share an account here are told apart by it, their invoice numbers
 * too: at DOKU they would have an account each.
 */
export const targetOf = ({ account, notificationUrl }: Pick<Invoice, 'account' | 'notificationUrl'>) =>
  notificationUrl ?? account.notificationUrl

/** The banks that the customer may choose from. */
export const banksOf = ({ channels }: Pick<Invoice, 'channels'>): readonly Bank[] =>
  channels === null ? banks : banks.filter(({ channel }) => channels.includes(channel))

/** The customer chooses a bank, which gives the number to pay to. */
export function choose(invoice: Invoice, bank: Bank) {
  if (invoice.bank === bank) return
  invoice.bank = bank
  invoice.accountNumber = newAccountNumber(bank)
}

export const isOver = ({ status }: Invoice) => status === 'SUCCESS' || status === 'EXPIRED'
