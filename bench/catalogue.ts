import type { Pool } from 'pg'
import { createEngine } from '../src/engine/context.ts'
import { execute } from '../src/engine/database.ts'
import { importProducts } from '../src/engine/catalogue/exchange/import.ts'
import { addStore, listStores } from '../src/engine/stores/stores.ts'
import type { Store } from '../src/engine/stores/stores.ts'
import { ionoraStore } from '../src/server/demo/ionora.ts'

const productCount = 10_000
const customerCount = 2000
const stockEach = 1_000_000
const storeSlug = 'ionora' // the sandbox sends its webhooks there

/** Makes the store: 10,000 products in 20 categories through the importer, and customers with an address each. */
export async function fillHome(pool: Pool): Promise<Store> {
  await addStore(pool, { ...ionoraStore, slug: storeSlug, hosts: [] })
  const store = (await listStores(pool))[0]!
  const summary = await importProducts(createEngine(pool), store, csv())
  if (summary.rowsRefused > 0) throw new Error(`the importer refused ${summary.rowsRefused} of the rows`)
  await execute(
    pool,
    `update product set specifications = jsonb_build_object('Warranty', '1 year', 'Weight', (serial % 40) || '00 g',
      'Material', 'Steel and wood', 'Country of origin', 'India')`,
  )
  await execute(
    pool,
    `with c as (
       insert into customer (store_id, full_name, email, created_at, updated_at)
       select $1, 'Person ' || n, 'person' || n || '@example.com', now(), now() from generate_series(1, $2) n
       returning store_id, id, email
     ), l as (
       insert into login (store_id, kind, subject, customer_id) select store_id, 'email', email, id from c
     )
     insert into address (store_id, customer_id, recipient_name, phone, line1, city, region, postal_code, country,
       is_default, created_at, updated_at)
     select store_id, id, 'Person', '9876543210', '123 Street', 'Mumbai', 'MH', '400001', 'India', true, now(), now()
     from c`,
    [store.storeId, customerCount],
  )
  await execute(pool, 'vacuum analyze')
  return store
}

const finishes = ['Copper', 'Walnut', 'Ivory', 'Slate', 'Saffron', 'Indigo', 'Teak', 'Pearl', 'Amber', 'Onyx']
const makes = ['Heritage', 'Compact', 'Classic', 'Travel', 'Family', 'Studio', 'Monsoon', 'Everyday', 'Royal', 'Quiet']
const categories: Record<string, string[]> = {
  'Water Ionizers': ['Ionizer', 'Alkaliser'],
  'Water Filters': ['Filter', 'Cartridge'],
  Kettles: ['Kettle', 'Samovar'],
  Cookware: ['Kadai', 'Saucepan'],
  Knives: ['Knife', 'Cleaver'],
  Lamps: ['Lamp', 'Lantern'],
  Rugs: ['Rug', 'Durrie'],
  Cushions: ['Cushion', 'Bolster'],
  Clocks: ['Clock', 'Timer'],
  Vases: ['Vase', 'Urn'],
  Shelves: ['Shelf', 'Bookcase'],
  Stools: ['Stool', 'Ottoman'],
  Mirrors: ['Mirror', 'Tray'],
  Fans: ['Fan', 'Cooler'],
  Blankets: ['Blanket', 'Quilt'],
  Planters: ['Planter', 'Trellis'],
  Baskets: ['Basket', 'Hamper'],
  Bottles: ['Bottle', 'Flask'],
  Grinders: ['Grinder', 'Mixer'],
  Heaters: ['Heater', 'Warmer'],
}

/** What is looked for: every noun and make alone (many hits), and pairs of noun and make (some ten hits). */
export function homeTerms(): string[] {
  const nouns = Object.values(categories).flat()
  const pairs = nouns.flatMap((noun) => makes.map((make) => `${make} ${noun}`.toLowerCase()))
  return [...nouns.map((noun) => noun.toLowerCase()), ...pairs.filter((_, i) => i % 5 < 2)].slice(0, 200)
}

/** The products as a file that the importer reads. */
async function* csv(): AsyncGenerator<Uint8Array> {
  const columns =
    'Handle,Title,Body (HTML),Vendor,Type,Tags,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price'
  let text = `${columns},Variant Compare At Price,Image Src,Image Position\n`
  const names = Object.keys(categories)
  for (let n = 0; n < productCount; n++) {
    const category = names[n % names.length]!
    const round = Math.floor(n / names.length)
    const noun = categories[category]![round % 2]!
    const make = makes[Math.floor(round / 2) % makes.length]!
    const finish = finishes[Math.floor(round / 20) % finishes.length]!
    const title = `${make} ${finish} ${noun} ${n + 1}`
    const body = `<p>The ${title} is made by hand in a small workshop and finished in ${finish.toLowerCase()}. It fits homes
 with little room, is easily cleaned with a damp cloth, and every part that wears can be ordered one by one.</p>`
    const price = 199 + ((n * 7919) % 60_000) / 4
    const compare = n % 3 === 0 ? (price * 1.25).toFixed(2) : ''
    const image = (which: string) => `https://images.example.com/catalogue/${n + 1}-${which}.jpg`
    const facts = `Workshop ${n % 50},${category},"home,${noun}",SKU-${n + 1},${(n % 40) * 100},${stockEach}`
    text += `p-${n + 1},${title},"${body}",${facts},${price.toFixed(2)},${compare},${image('front')},1\n`
    text += `p-${n + 1},,,,,,,,,,,${image('side')},2\n`
    if (text.length > 60_000) {
      yield Buffer.from(text)
      text = ''
    }
  }
  yield Buffer.from(text)
}
