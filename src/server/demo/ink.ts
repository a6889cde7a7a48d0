import type { NewStore } from '../../engine/stores/stores.ts'
import { ionoraStore } from './ionora.ts'

/** The demo's store that does nothing but prove deliveries. */
export const inkStore: NewStore = {
  ...ionoraStore,
  slug: 'ink',
  name: 'INK',
  contracts: ['ink'],
  orderNumberTemplate: 'INK-{year}-{number:4}',
  hosts: ['ink.localhost'],
}
