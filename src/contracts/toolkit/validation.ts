import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import formatsPlugin from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import { isStorable } from './json.ts'

const addFormats = formatsPlugin.default

/** Only the plain form: PostgreSQL reads others too, and one row would have several spellings. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const makeAjv = (coerceTypes: boolean) => {
  const ajv = new Ajv({
    coerceTypes,
    useDefaults: true,
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
  })
  addFormats(ajv, ['email', 'date-time', 'uri'])
  ajv.addFormat('uuid', uuid)
  ajv.addFormat('text', isStorable)
  ajv.addKeyword({ keyword: 'msg', schemaType: 'string' }) // what a contract says when this field is wrong
  return ajv
}

// a query is text and is read as what the schema says; a body says itself what it is, and "2" is not 2
const ofBodies = makeAjv(false)
const ofQueries = makeAjv(true)

/** Compiles a route's schemas. */
export const compileValidator: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return ofBodies.compile(schema)
  const validate = ofQueries.compile<Record<string, unknown>>(schema)
  return (data: Record<string, unknown>) => {
    if (!validate(data)) return { error: validate.errors as never }
    // ajv reads "Infinity" as a number and then checks no bound of it
    const endless = Object.keys(data).find((name) => data[name] === Infinity || data[name] === -Infinity)
    return endless === undefined ? { value: data } : { error: [notFinite(schema, endless)] as never }
  }
}

const notFinite = (schema: object, name: string): Partial<ErrorObject> => ({
  keyword: 'type',
  instancePath: `/${name}`,
  message: 'must be a finite number',
  parentSchema: (schema as { properties: Record<string, ErrorObject['parentSchema']> }).properties[name],
})

export interface FieldError {
  param: string
  msg: string
}

/** More than these are of no use to anybody, and a body could have a hundred thousand. */
const maxErrors = 50

/** One error a field, with the schema's own `msg` where it has one. */
export function fieldErrors(errors: ErrorObject[]): FieldError[] {
  const byParam = new Map<string, string>()
  const worded = new Set<string>()
  const add = (param: string, msg: unknown, fallback: string) => {
    if (worded.has(param)) return
    if (typeof msg === 'string') worded.add(param)
    else if (byParam.has(param)) return // what each branch of a union says, before the union's own words
    byParam.set(param, typeof msg === 'string' ? msg : fallback)
  }
  for (const { keyword, instancePath, params, parentSchema, message = 'is not valid' } of errors) {
    if (byParam.size >= maxErrors) break
    const path = instancePath.slice(1).replaceAll('/', '.')
    const properties = parentSchema?.['properties'] as Record<string, { msg?: string }> | undefined
    if (keyword === 'required') {
      const missing = String(params['missingProperty'])
      add(path ? `${path}.${missing}` : missing, properties?.[missing]?.msg, `${missing} is required`)
    } else if (path === '') add('body', undefined, 'A JSON object is required')
    else add(path, parentSchema?.['msg'], `${path} ${message}`)
  }
  return [...byParam].map(([param, msg]) => ({ msg, param }))
}
