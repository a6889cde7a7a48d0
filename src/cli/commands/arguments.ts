import { InvalidArgumentError } from 'commander'
import { readConfig } from '../../config.ts'
import type { Config } from '../../config.ts'
import type { Place } from '../stores.ts'

/** @param options.sandbox whether the stand-ins are started, too */
export const config = (options: { sandbox?: boolean } = {}): Config => readConfig(process.env, options)

/** A store named on the command line, in an installation opened for one command. */
export async function inStore<T>(slug: string, work: (place: Place) => Promise<T>): Promise<T> {
  const { withStore } = await import('../stores.ts')
  return withStore(config(), slug, work)
}

/** @returns hundredths of a per cent */
export const percent = (text: string) => {
  const value = Number(text)
  if (!(value >= 0 && value <= 100)) throw new InvalidArgumentError('a percentage from 0 to 100')
  return Math.round(value * 100)
}

export const wholeNumber = (text: string) => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number')
  return Number(text)
}

export const time = (text: string) => {
  const value = new Date(text)
  if (Number.isNaN(value.getTime())) throw new InvalidArgumentError('a time such as 2026-02-28T23:59:59+07:00')
  return value
}
