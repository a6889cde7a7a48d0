import { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/** A control call that cannot be carried out as written; its message goes to the caller. */
export class BadInput extends Error {
  readonly status: number
  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}

/**
 * Compiles the check of a control call's JSON body.
 * @returns a function from the raw body to the checked value; it throws BadInput that names the wrong field
 */
export function inputOf<S extends TSchema>(schema: S): (body: string) => Static<S> {
  const check = Compile(schema)
  return (body) => {
    const value = parse(body)
    if (check.Check(value)) return value
    throw new BadInput(describe(check.Errors(value)))
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new BadInput('the body must be a JSON object')
  }
}

interface Problem {
  keyword: string
  instancePath: string
  params: unknown
  message: string
}

function describe(problems: Problem[]): string {
  const first = problems.find((problem) => problem.keyword !== 'boolean')
  if (!first) return 'the body is not what this call takes'
  const field = first.instancePath.slice(1).replaceAll('/', '.') || 'the body'
  if (first.keyword === 'enum') return `${field} must be one of ${listed(first, 'allowedValues')}`
  if (first.keyword === 'required') return `${listed(first, 'requiredProperties')} must be given`
  if (first.keyword === 'additionalProperties') return `there is no field ${listed(first, 'additionalProperties')}`
  return `${field} ${first.message}`
}

function listed({ params }: Problem, name: string): string {
  const values = isRecord(params) ? params[name] : undefined
  return Array.isArray(values) ? values.join(', ') : ''
}

/** The JSON object in a text; undefined for what is none. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A JSON object: neither a list nor null. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
