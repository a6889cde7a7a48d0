import type { Parameter } from './module.ts'

/** A length that shapes a product, mm. */
export const mm = (value: number, least: number, most: number, about: string): Parameter => ({
  value,
  unit: 'mm',
  least,
  most,
  about,
})

/** A share or factor that does. */
export const ratio = (value: number, least: number, most: number, about: string): Parameter => ({
  value,
  unit: 'ratio',
  least,
  most,
  about,
})
