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
export const compileValidator: FastifySchemaCompiler<object> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? ofBodies : ofQueries).compile(schema)

export interface FieldError {
  param: string
  msg: string
}

/** One error a field, with the schema's own `msg` where it has one. */
export function fieldErrors(errors: ErrorObject[]): FieldError[] {
  const byParam = new Map<string, string>()
  const add = (param: string, msg: unknown, fallback: string) => {
    if (!byParam.has(param)) byParam.set(param, typeof msg === 'string' ? msg : fallback)
  }
  for (const { keyword, instancePath, params, parentSchema, message = 'is not valid' } of errors) {
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
