import { isObject } from '../../http.ts'
import type { Json } from '../../http.ts'

/** The one currency that DOKU takes; its answers and notifications do not name it. */
export const rupiah = 'IDR'

/** A member that should be an object; {} where it is not there, as in answers that came before the customer chose. */
export function partOf(object: Json, key: string): Json {
  const value = object[key]
  return isObject(value) ? value : {}
}

/** A NUL is no text to PostgreSQL, and one event with it would keep those that are stored with it out. */
export const textOrNull = (value: unknown) =>
  typeof value === 'string' && value !== '' && !value.includes('\0') ? value : null

/** Whole rupiah: DOKU sends 20000 as well as "20000" and "20000.00". @returns null for anything else */
export function amountOrNull(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^\d{1,15}(\.0{1,4})?$/.test(text)) return null
  const amount = Number(text)
  return amount > 0 ? amount : null
}

/**
 * Why DOKU says no, in whichever of its three forms.
 * @returns null when the answer is none of them: it comes from something else on the way
 */
export function refusalOf(json: unknown): { code: string | null; message: string } | null {
  if (!isObject(json)) return null
  const { error } = json
  if (isObject(error)) {
    const [code, message] = [textOrNull(error['code']), textOrNull(error['message'])]
    return code || message ? { code, message: message ?? code! } : null
  }
  const said = json['error_messages'] ?? json['message']
  const messages = (Array.isArray(said) ? said : [said]).filter((line) => textOrNull(line) !== null)
  return messages.length > 0 ? { code: null, message: messages.join(', ') } : null
}
