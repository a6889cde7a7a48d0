import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GeometryRefusal } from '../refusal.ts'
import { modulesOf } from './job.ts'

test('modules of other packages come after those shipped; a package without one is refused by its name', async () => {
  const packaged = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
  const found = await modulesOf([packaged('export default { id: "forge-ring", products: [], customizations: [] }')])
  assert.equal(found.at(-1)!.id, 'forge-ring')
  for (const code of [
    'export const id = 1',
    'export default { id: "a" }',
    'export default { id: "a", products: [] }',
  ]) {
    await assert.rejects(modulesOf([packaged(code)]), (error) => {
      assert.ok(error instanceof GeometryRefusal && error.code === 'DESIGN_OPTION_UNKNOWN')
      assert.match(error.message, /^data:.* has no module \(id, products, customizations\) as its default export$/)
      return true
    })
  }
})
