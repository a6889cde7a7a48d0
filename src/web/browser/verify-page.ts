import { canVerify } from '../../verifier/bytes.ts'
import { limits } from '../../verifier/file.ts'
import { verifyProof } from '../../verifier/verify.ts'
import { reportOf } from './report.ts'

/** The page /verify/:proofId: fetches the proof file, and checks it here. Nothing that is typed leaves the browser. */

const element = (id: string) => document.getElementById(id)!
const page = element('proof')
const verdict = element('verdict')
const report = element('report')
const form = element('known')
const save = element('save')
const chosen = element('file') as HTMLInputElement
/** As it was typed, and without the blanks around it: they may be part of an order's id, or come with copying. */
const typed = (id: string) => {
  const { value } = element(id) as HTMLInputElement
  return [...new Set([value, value.trim()])].map((text) => text || undefined)
}

/** What is looked at: as it came, to the byte. */
let proof: Uint8Array<ArrayBuffer> | undefined
let turn = 0

function tell(kind: string, words: string) {
  verdict.dataset['verdict'] = kind
  verdict.textContent = words
}

async function show() {
  if (!proof) return
  const mine = ++turn
  if (!(await canVerify())) {
    report.replaceChildren()
    tell(
      'unsupported',
      isSecureContext
        ? 'This browser cannot check Ed25519 signatures, so nothing is said about the proof. Chrome 137, Firefox 129 and Safari 17 and later can.'
        : 'A browser checks signatures only on pages that come over HTTPS, so nothing is said about the proof.',
    )
    return
  }
  const nfcUid = typed('uid').at(-1)
  let result = await verifyProof(proof, { orderId: typed('order')[0], nfcUid })
  if (result.verdict === 'invalid') result = await verifyProof(proof, { orderId: typed('order').at(-1), nfcUid })
  if (mine !== turn) return // something else is looked at by now
  const id = result.facts?.proofId
  const isOther = id !== undefined && id !== page.dataset['id']
  tell(result.verdict, isOther ? `${result.says} It is the proof ${id}, not the one of this page.` : result.says)
  report.replaceChildren(...reportOf(result))
}

async function load() {
  // relative, so that a store is found by its path as by its host name
  const answer = await fetch(`../retrieve/${page.dataset['id']}/proof`, { credentials: 'omit' }).catch(() => undefined)
  if (answer?.ok) {
    proof = new Uint8Array(await answer.arrayBuffer())
    save.hidden = false
    return show()
  }
  const why: Record<number, string> = {
    404: 'There is no proof of this name here.',
    429: 'Too many were asked for. Try again later.',
  }
  tell('none', why[answer?.status ?? 0] ?? 'The proof could not be fetched. Try again later.')
}

async function read(file: File | undefined) {
  if (!file) return
  if (file.size > limits.bytes) return tell('invalid', 'This is no proof file: it is too long.')
  proof = new Uint8Array(await file.arrayBuffer())
  await show()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void show()
})
chosen.addEventListener('change', () => void read(chosen.files?.[0]))
addEventListener('dragover', (event) => event.preventDefault())
addEventListener('drop', (event) => {
  event.preventDefault()
  void read(event.dataTransfer?.files[0])
})
save.addEventListener('click', () => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([proof!], { type: 'application/json' }))
  link.download = `${page.dataset['id']}.json`
  link.click()
  URL.revokeObjectURL(link.href)
})

void load()
