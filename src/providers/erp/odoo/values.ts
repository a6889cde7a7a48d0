import { ErpError } from '../../../engine/erp/erp.ts'
import { isObject } from '../../http.ts'

/** A record as Odoo prints it: `false` is empty in every type, a many2one is `[id, name]`, times are UTC. */
export type OdooRecord = Record<string, unknown> & { id: number }

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0

const nonsense = (what: string) => new ErpError('unavailable', `odoo: ${what} in the answer`)

/** @throws ErpError when the answer is no list of records */
export function recordsIn(answer: unknown): OdooRecord[] {
  if (!Array.isArray(answer)) throw nonsense('no list of records')
  return answer.map((record) => {
    if (isObject(record) && isId(record['id'])) return record as OdooRecord
    throw nonsense('something that is no record')
  })
}

/** The ids of records that were made. @throws ErpError */
export function madeIn(answer: unknown): number {
  const id = Array.isArray(answer) ? answer[0] : answer
  if (isId(id)) return id
  throw nonsense('no id of what was made')
}

/** A NUL is no text to PostgreSQL. */
export function textOrNull(record: OdooRecord, key: string): string | null {
  const value = record[key]
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value : null
}

/** @throws ErpError when it is empty */
export function text(record: OdooRecord, key: string): string {
  const value = textOrNull(record, key)
  if (value === null) throw nonsense(`no ${key}`)
  return value
}

/** @throws ErpError when it is none, nor a string of one; `false` is 0 */
export function number(record: OdooRecord, key: string): number {
  const value = record[key]
  const known = value === false ? 0 : typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof known === 'number' && Number.isFinite(known)) return known
  throw nonsense(`no number as ${key}`)
}

/** Of a many2one; null when it is empty. */
export function linkOrNull(record: OdooRecord, key: string): number | null {
  const value = record[key]
  const id: unknown = Array.isArray(value) ? value[0] : value
  return isId(id) ? id : null
}

/** Of a many2one. @throws ErpError when it is empty */
export function link(record: OdooRecord, key: string): number {
  const id = linkOrNull(record, key)
  if (id === null) throw nonsense(`no ${key}`)
  return id
}

/** What a many2one is called; null when it is empty. */
export function titleOrNull(record: OdooRecord, key: string): string | null {
  const value = record[key]
  const title: unknown = Array.isArray(value) ? value[1] : undefined
  return typeof title === 'string' && title !== '' && !title.includes('\0') ? title : null
}

/** Of an x2many. */
export function links(record: OdooRecord, key: string): number[] {
  const value = record[key]
  return Array.isArray(value) ? value.filter(isId) : []
}

/** @throws ErpError when it is no time */
export function time(record: OdooRecord, key: string): Date {
  const printed = text(record, key)
  const date = new Date(`${printed.slice(0, 19).replace(' ', 'T')}Z`)
  if (Number.isNaN(date.getTime())) throw nonsense(`no time as ${key}`)
  return date
}

/** "2026-02-03 04:05:06", UTC: what is less than a second is cut off. */
export const printTime = (date: Date) => date.toISOString().slice(0, 19).replace('T', ' ')
