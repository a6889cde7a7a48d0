import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import type { Contract } from '../contracts/toolkit/contract.ts'
import { escapeHtml, lockedDown } from '../web/html.ts'
import type { Tokens } from '../engine/identity/tokens.ts'
import { openApiOf } from './docs.ts'
import type { Documents } from './docs.ts'

interface PageOptions {
  contracts: readonly Contract[]
  documents: Documents
  tokens: Tokens
}

/** What every store serves beside its contracts: its OpenAPI document, a page to browse it, its token keys. */
export const storePages: FastifyPluginAsync<PageOptions> = async (app, { contracts, documents, tokens }) => {
  const config = { access: 'public' } as const
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not found.' }))

  app.get('/openapi.json', { config }, async (request) => openApiOf(request.store, contracts, documents))

  app.get('/.well-known/token-keys.json', { config }, async (request, reply) => {
    reply.header('cache-control', 'public, max-age=300')
    return tokens.publicKeys(request.store)
  })

  app.get('/docs', { config }, async (request, reply) => {
    reply.header(
      'content-security-policy',
      `default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; ${lockedDown}`,
    )
    return reply.type('text/html').send(docsPage(request.store.name))
  })
  app.get('/docs/assets/open.js', { config }, async (_request, reply) => reply.type('text/javascript').send(openScript))
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'] as const) {
    app.get(`/docs/assets/${file}`, { config }, async (_request, reply) => sendAsset(reply, file))
  }
}

const docsPage = (name: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}: API</title><link rel="stylesheet" href="docs/assets/swagger-ui.css"></head>
<body><div id="docs"></div><script src="docs/assets/swagger-ui-bundle.js"></script><script src="docs/assets/open.js"></script></body></html>
`

const openScript = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#docs', deepLinking: true, persistAuthorization: false })\n`

// the plugin itself is not used, only the pages that it brings: ours differ from store to store
const assets = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui')), 'static')

async function sendAsset(reply: FastifyReply, file: 'swagger-ui.css' | 'swagger-ui-bundle.js') {
  const { readFile } = await import('node:fs/promises')
  reply.header('cache-control', 'public, max-age=86400')
  return reply.type(file.endsWith('.css') ? 'text/css' : 'text/javascript').send(await readFile(join(assets, file)))
}
