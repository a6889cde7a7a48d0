import { CourierError } from '../../engine/fulfilment/courier.ts'
import { callOr, isObject } from '../http.ts'
import type { Answer } from '../http.ts'

/** What the courier services' answers have in common: JSON of loose types. */

/** A text, or a number that was meant as one: ids and codes come as either. Empty text and a NUL in it are none. */
export function textOrNull(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text.trim() !== '' && !text.includes('\0') ? text.trim() : null
}

/** Whole rupiah, which is the minor unit here; null for what is no price, such as "" or 0.5. */
export function rupiahOrNull(value: unknown): number | null {
  const match = /^(\d{1,15})(?:\.0+)?$/.exec(textOrNull(value) ?? '')
  return match ? Number(match[1]) : null
}

/** Yes and no as these services say it, as a boolean or a text; what is neither is no answer. */
export const isYes = (value: unknown) => String(value).toLowerCase() === 'true'
export const isNo = (value: unknown) => String(value).toLowerCase() === 'false'

/**
 * Days as contracts print them: "2-4", "2 - 4 Days" and "2-4 hari" are "2-4 days", "1 - 1 day" is "1 day".
 * @returns null when it is no such range, as J&T's "No Data"
 */
export function daysOrNull(value: unknown): string | null {
  const text = textOrNull(value) ?? ''
  const match = /^(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*(days?|hari|hours?|jam)?$/i.exec(text)
  if (!match) return null
  const [, from, to = from, unit = 'days'] = match
  const name = /^[hj](?!ari)/i.test(unit) ? 'hour' : 'day'
  return from === to ? `${from} ${name}${from === '1' ? '' : 's'}` : `${from}-${to} ${name}s`
}

/** Clocks of couriers are in Jakarta: WIB, UTC+7 without a summer time, "2026-02-03 17:00:00". */
export const toWib = (at: Date) => new Date(at.getTime() + 7 * 3600_000).toISOString().slice(0, 19).replace('T', ' ')

export function fromWib(text: string | null): Date | null {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?$/.exec(text ?? '')
  const at = match ? new Date(`${match[1]}T${match[2]}${match[3] ?? ':00'}+07:00`) : null
  return at && !Number.isNaN(at.getTime()) ? at : null
}

/** A place's name without what kind of place it is: "KOTA JAKARTA SELATAN" is "jakarta selatan". */
export const placeName = (name: string) =>
  name
    .toLowerCase()
    .replace(/^(kota|kabupaten|kab\.|kecamatan|kec\.)\s+/, '')
    .trim()

/** @throws CourierError unavailable for every answer that did not come, and for one that is to be asked for again */
export async function ask(name: string, url: string, init: RequestInit, timeoutMs: number): Promise<Answer> {
  const answer = await callOr(
    url,
    init,
    timeoutMs,
    (cause) => new CourierError('unavailable', cause.message, { cause }),
  )
  // 401, 402 and 403 are our own key or balance, 429 too many: asking again later can succeed
  const isLater = answer.status >= 500 || [401, 402, 403, 429].includes(answer.status)
  if (isLater || !isObject(answer.json)) throw new CourierError('unavailable', `${name}: status ${answer.status}`)
  return answer
}

export const form = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(fields).toString(),
})

export const json = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
