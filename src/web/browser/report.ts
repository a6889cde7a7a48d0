import type { Changes, DeliveryStatement, EnrolmentStatement } from '../../verifier/documents.ts'
import type { Check, Facts, Report } from '../../verifier/report.ts'
import { html, theirs } from './elements.ts'
import type { Content } from './elements.ts'
import { metresOf, ringOf, windOf } from './ring.ts'

const marks = { ok: '✓', failed: '✗', 'not checked': '?' } as const

/** Everything that a report says, for people. */
export function reportOf({ verdict, checks, notes, facts }: Report): HTMLElement[] {
  return [
    ...(verdict === 'invalid' && facts
      ? [html('p', {}, 'What follows is what the file says. Not all of it holds: see what was checked.')]
      : []),
    ...(facts ? [deliveryOf(facts), photosOf(facts)] : []),
    section(
      'What was checked',
      html('ul', { class: 'checks' }, checks.map(checkOf)),
      notes.map((note) => html('p', { class: 'faint' }, note)),
    ),
    ...(facts ? [signersOf(facts)] : []),
  ]
}

function section(title: string, ...content: Content[]) {
  const id = title.toLowerCase().replaceAll(/\W+/g, '-')
  return html('section', { 'aria-labelledby': id }, html('h2', { id }, title), content)
}

const checkOf = ({ name, of, verdict, why }: Check) =>
  html(
    'li',
    { class: verdict.replace(' ', '-') },
    html('span', { class: 'mark', 'aria-hidden': 'true' }, marks[verdict]),
    html(
      'span',
      {},
      html('b', {}, of ? `${name}, ${of}` : name),
      ` \u2014 ${verdict}`,
      html('br'),
      theirs(why, 'span'),
    ),
  )

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'long' })

const timeOf = (at: string) =>
  html('time', { datetime: at }, local.format(new Date(at)), html('br'), html('small', {}, `${at} (UTC)`))

const row = (name: string, ...content: Content[]) => html('div', {}, html('dt', {}, name), html('dd', {}, content))

const position = ({ lat, lng }: { lat: number; lng: number }) => `${lat}, ${lng}`

/** What was said later of a value, beside it: it takes nothing away. */
const correctionsOf = (facts: Facts, of: string, key: keyof Changes, show: (changes: Changes) => Content) =>
  facts.corrections
    .filter((correction) => correction.of === of && correction.changes[key] !== undefined)
    .map(({ at, reason, changes }) =>
      html(
        'p',
        { class: 'correction' },
        html('b', {}, 'Corrected: '),
        show(changes),
        html('br'),
        html('small', {}, html('time', { datetime: at }, local.format(new Date(at))), ' \u2014 ', theirs(reason)),
      ),
    )

function deliveryOf(facts: Facts) {
  const { enrolment, delivery, way } = facts
  const placed = (key: 'shipping_address_gps' | 'warehouse_gps' | 'delivery_gps', of: string) =>
    correctionsOf(facts, of, key, (changes) => position(changes[key]!))
  return section(
    delivery ? 'The delivery' : 'The enrolment',
    delivery && way
      ? html(
          'figure',
          {},
          ringOf(way),
          html(
            'figcaption',
            {},
            `The tag was read ${metresOf(way.metres)} ${windOf(way.bearing)} of the address: `,
            html('b', {}, delivery.gps_verdict),
          ),
        )
      : html('p', {}, 'No delivery is in this file: none was confirmed when it was made.'),
    html(
      'dl',
      {},
      row('Enrolled', timeOf(enrolment.at)),
      row('Address', position(enrolment.shipping_address_gps), placed('shipping_address_gps', 'enrolment')),
      correctionsOf(facts, 'enrolment', 'warehouse_gps', () => 'the warehouse').length > 0 &&
        row(
          'Warehouse',
          enrolment.warehouse_gps ? position(enrolment.warehouse_gps) : 'not stated',
          placed('warehouse_gps', 'enrolment'),
        ),
      delivery && [
        row('Delivered', timeOf(delivery.at)),
        row('Tag read at', position(delivery.delivery_gps), placed('delivery_gps', 'delivery')),
        row(
          'Distance',
          `${delivery.distance_meters} m: ${delivery.gps_verdict}`,
          correctionsOf(facts, 'delivery', 'gps_verdict', (changes) => changes.gps_verdict),
        ),
        row('Phone', phoneOf(delivery)),
        row(
          'Device',
          delivery.device_info === null ? 'not stated' : theirs(delivery.device_info),
          correctionsOf(facts, 'delivery', 'device_info', (changes) => theirs(changes.device_info!)),
        ),
      ],
      row('Tag', tagOf(enrolment, delivery?.tag_counter ?? null)),
      row('File made', timeOf(facts.madeAt)),
    ),
  )
}

const phoneOf = ({ phone_verified, gps_verdict }: DeliveryStatement) =>
  phone_verified
    ? 'its last four digits were right'
    : gps_verdict === 'pass'
      ? 'not asked for within 100 m'
      : 'not verified'

const tagOf = ({ tag }: EnrolmentStatement, count: number | null) =>
  tag === 'plain'
    ? 'plain: a copy of it cannot be told apart'
    : `NTAG 424 DNA: it answers each reading anew${count === null ? '' : `; this was its reading ${count}`}`

function photosOf(facts: Facts) {
  const { photo_hashes, photo_urls } = facts.enrolment
  const photos = (hashes: string[], urls: string[]) =>
    html(
      'ol',
      { class: 'photos' },
      Array.from({ length: Math.max(hashes.length, urls.length) }, (_, i) =>
        html(
          'li',
          {},
          hashes[i] !== undefined && html('code', {}, theirs(hashes[i])),
          // an address is text: nothing is loaded from it, and nobody is led there
          urls[i] !== undefined && html('small', {}, theirs(urls[i])),
        ),
      ),
    )
  return section(
    'Photos of the parcel',
    html(
      'p',
      { class: 'faint' },
      'Their hashes are signed. They are not loaded here: compare the SHA-256 of a photo you have.',
    ),
    photos(photo_hashes, photo_urls),
    correctionsOf(facts, 'enrolment', 'photo_hashes', ({ photo_hashes = [] }) => photos(photo_hashes, [])),
    correctionsOf(facts, 'enrolment', 'photo_urls', ({ photo_urls = [] }) => photos([], photo_urls)),
  )
}

function signersOf({ keys, log, seen, store }: Facts) {
  return section(
    'Keys and log',
    html(
      'dl',
      {},
      row('Store', html('code', {}, store)),
      keys.map(({ kid, thumbprint, signed }) =>
        row(
          `Key ${kid}`,
          html('code', {}, thumbprint),
          html('br'),
          html('small', {}, `signed: ${signed.join(', ') || 'nothing here'}`),
        ),
      ),
      row('Log', theirs(log.origin), html('br'), html('code', {}, theirs(log.key))),
      log.checkpoints.map(({ size, root }) => row(`Root at ${size}`, html('code', {}, root))),
      seen.map(({ witness, size, at }) => row('Seen by', theirs(witness), `, ${size} entries`, html('br'), timeOf(at))),
    ),
  )
}
