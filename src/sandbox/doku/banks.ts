import { randomInt } from 'node:crypto'

export interface Bank {
  /** as `channel.id` and `payment_method_types` have it */
  channel: string
  acquirer: string
  name: string
  /** what an account number here begins with: as in the documents for the first two, made up for the others */
  prefix: string
}

const bank = (acquirer: string, name: string, prefix: string): Bank => ({
  channel: `VIRTUAL_ACCOUNT_${acquirer}`,
  acquirer,
  name,
  prefix,
})

/** Where a virtual account can be opened; the first is taken when nobody chose. */
export const banks: readonly Bank[] = [
  bank('BCA', 'BCA', '19006'),
  bank('BANK_MANDIRI', 'Bank Mandiri', '88899'),
  bank('BANK_SYARIAH_MANDIRI', 'Bank Syariah Indonesia', '60601'),
  bank('DOKU', 'DOKU', '81656'),
  bank('BRI', 'BRI', '13925'),
  bank('BNI', 'BNI', '98829'),
  bank('BANK_PERMATA', 'Permata', '88561'),
  bank('BANK_CIMB', 'CIMB Niaga', '18990'),
  bank('BANK_DANAMON', 'Danamon', '89220'),
  bank('BTN', 'BTN', '95320'),
  bank('BNC', 'Bank Neo Commerce', '90120'),
  bank('MAYBANK', 'Maybank', '78214'),
  bank('SINARMAS', 'Bank Sinarmas', '87770'),
  bank('BSS', 'Bank Sahabat Sampoerna', '52330'),
  bank('BPD_BALI', 'BPD Bali', '12910'),
  bank('BANK_BJB', 'bank bjb', '11020'),
]

export const bankOf = (channel: string) => banks.find((bank) => bank.channel === channel)

/** Sixteen digits, as a test account of the real sandbox has. */
export const newAccountNumber = ({ prefix }: Bank) =>
  prefix + String(randomInt(10 ** 11)).padStart(16 - prefix.length, '0')
