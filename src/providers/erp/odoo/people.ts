import { ErpError, type Erp, type ErpPerson } from '../../../engine/erp/erp.ts'
import { fieldsOf, once, type OdooCall } from './call.ts'
import { madeIn, number, recordsIn, type OdooRecord } from './values.ts'

/**
 * Finds something, or makes it. After a try to make it that failed in whatever way, it is looked for once more: the
 * answer may have been lost on its way, or a twin may have been quicker.
 */
export async function findOrMake<T>(find: () => Promise<T | null>, make: () => Promise<T>): Promise<T> {
  const found = await find()
  if (found !== null) return found
  try {
    return await make()
  } catch (error) {
    const made = await find().catch(() => null)
    if (made === null) throw error
    return made
  }
}

/**
 * Customers as partners, with a user in the portal group each. Odoo makes one who is given no group an employee, and
 * writes to new users: here they come with the group and without the letter.
 */
export function peopleOf(call: OdooCall): Pick<Erp, 'ensurePartner'> {
  const first = async (
    model: string,
    domain: unknown[],
    fields: string[],
    context = {},
  ): Promise<OdooRecord | null> => {
    const answer = await call(model, 'search_read', { domain, fields, order: 'id', limit: 1, context })
    return recordsIn(answer)[0] ?? null
  }

  /** What the field is called, and the portal group's id. */
  const portal = once(async () => {
    const known = await fieldsOf(call, 'res.users', ['group_ids', 'groups_id'])
    const name = [
      ['module', '=', 'base'],
      ['name', '=', 'group_portal'],
    ]
    const group = await first('ir.model.data', name, ['res_id'])
    if (!group) throw new ErpError('unavailable', 'odoo: there is no portal group')
    return { field: known?.includes('group_ids') ? 'group_ids' : 'groups_id', id: number(group, 'res_id') }
  })

  async function findPartner({ reference, email }: ErpPerson): Promise<number | null> {
    const known = await first('res.partner', [['ref', '=', reference]], ['ref'])
    if (known || email === null) return known?.id ?? null
    const free = await freeNamesake(email)
    if (free !== null) await call('res.partner', 'write', { ids: [free], vals: { ref: reference } })
    return free
  }

  /**
   * A private person whom staff has written down with this address. Nobody has proved here that it is theirs: who is
   * known to bookkeeping, belongs to a company, or may sign in there, is taken over by no one who types it in.
   */
  async function freeNamesake(email: string): Promise<number | null> {
    const domain = [
      ['email', '=ilike', escapeLike(email)],
      ['ref', '=', false],
      ['is_company', '=', false],
      ['parent_id', '=', false],
    ]
    const namesakes = recordsIn(
      await call('res.partner', 'search_read', { domain, fields: ['ref'], order: 'id', limit: 20 }),
    )
    for (const { id } of namesakes) {
      if ((await findUser([['partner_id', '=', id]])) === null) return id
    }
    return null
  }

  async function makePartner({ reference, name, email, phone }: ErpPerson): Promise<number> {
    const values = { ref: reference, name, email: email ?? false, phone: phone ?? false }
    return madeIn(await call('res.partner', 'create', { vals_list: [values] }))
  }

  // one that staff has archived is still there, and its login still taken
  const findUser = async (domain: unknown[]) => first('res.users', domain, ['login'], { active_test: false })

  async function freeLogin(wanted: string[], otherwise: string): Promise<string> {
    for (const login of wanted) {
      if ((await findUser([['login', '=ilike', escapeLike(login)]])) === null) return login
    }
    return otherwise
  }

  async function makeUser(partnerId: number, { reference, email }: ErpPerson): Promise<number> {
    const login = await freeLogin([...(email === null ? [] : [email]), reference], `${reference}-${partnerId}`)
    const { field, id } = await portal.get()
    const values = { login, partner_id: partnerId, [field]: [[6, 0, [id]]] }
    return madeIn(await call('res.users', 'create', { vals_list: [values], context: { no_reset_password: true } }))
  }

  return {
    ensurePartner: async (person) => {
      const partnerId = await findOrMake(
        () => findPartner(person),
        () => makePartner(person),
      )
      const userId = await findOrMake(
        async () => (await findUser([['partner_id', '=', partnerId]]))?.id ?? null,
        () => makeUser(partnerId, person),
      )
      return { partnerId, userId }
    },
  }
}

/** Compared without regard to case, and character by character otherwise. */
const escapeLike = (value: string) => value.replaceAll(/[\\%_]/g, '\\$&')
