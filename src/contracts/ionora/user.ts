import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { addAddress, deleteAddress, listAddresses, updateAddress } from '../../engine/identity/addresses.ts'
import type { Address, AddressFields } from '../../engine/identity/addresses.ts'
import { getProfile, updateProfile } from '../../engine/identity/identity.ts'
import { change } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { User, toUser } from './auth.ts'
import { BadRequest } from './errors.ts'
import { IdParams, Message, Text, Time, Uuid, refusals } from './fields.ts'

const WireAddress = Type.Object({
  id: Uuid,
  address_type: Type.String(),
  full_address: Type.String(),
  city: Type.String(),
  state: Type.String(),
  pincode: Type.String(),
  country: Type.String(),
  is_default: Type.Boolean(),
  created_at: Time,
})

const toAddress = (address: Address) => ({
  id: address.id,
  address_type: address.kind,
  full_address: [address.line1, address.line2, address.district].filter(Boolean).join(', '),
  city: address.city,
  state: address.region,
  pincode: address.postalCode,
  country: address.country ?? '',
  is_default: address.isDefault,
  created_at: address.createdAt.toISOString(),
})

const fields = {
  address_type: Text('A valid address type is required', 40),
  full_address: Text('Full address is required', 500),
  city: Text('City is required', 120),
  state: Text('State is required', 120),
  pincode: Text('Pincode is required', 20),
  country: Text('Country is required', 80),
  is_default: Type.Boolean({ msg: 'is_default must be true or false' }),
}

const NewAddress = Type.Object({
  ...fields,
  address_type: Type.Optional(fields.address_type),
  is_default: Type.Optional(fields.is_default),
})
const AddressChanges = Type.Partial(Type.Object(fields))

const toFields = (body: Static<typeof AddressChanges>): Partial<AddressFields> => {
  const changes: Partial<AddressFields> = {}
  if (body.address_type !== undefined) changes.kind = body.address_type
  if (body.full_address !== undefined) Object.assign(changes, { line1: body.full_address, line2: null, district: null })
  if (body.city !== undefined) changes.city = body.city
  if (body.state !== undefined) changes.region = body.state
  if (body.pincode !== undefined) changes.postalCode = body.pincode
  if (body.country !== undefined) changes.country = body.country
  if (body.is_default !== undefined) changes.isDefault = body.is_default
  return changes
}

const blank = {
  kind: 'shipping',
  label: null,
  recipientName: null,
  phone: null,
  line2: null,
  district: null,
  isDefault: false,
}

export const user: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'customer' } as const
  const OneUser = Type.Object({ user: User })
  const OneAddress = Type.Object({ address: WireAddress })

  app.get(
    '/api/user/profile',
    { config, schema: { summary: 'The signed-in user', response: { 200: OneUser, ...refusals(401) } } },
    async (request) => ({
      user: toUser(await getProfile(engine.direct(request.store, request.actor))),
    }),
  )

  const Profile = Type.Partial(
    Type.Object({
      full_name: Text('A valid full name is required', 200),
      phone: Text('A valid phone is required', 30),
    }),
  )
  app.put(
    '/api/user/profile',
    {
      config,
      schema: { summary: 'Change name or phone', body: Profile, response: { 200: OneUser, ...refusals(400, 401) } },
    },
    (request, reply) => {
      const { full_name: fullName, phone } = request.body
      return change(engine, request, reply, 200, async (ctx) => ({
        user: toUser(await updateProfile(ctx, { fullName, phone })),
      }))
    },
  )

  app.get(
    '/api/user/addresses',
    {
      config,
      schema: {
        summary: 'All addresses',
        response: { 200: Type.Object({ addresses: Type.Array(WireAddress) }), ...refusals(401) },
      },
    },
    async (request) => ({
      addresses: (await listAddresses(engine.direct(request.store, request.actor))).map(toAddress),
    }),
  )

  app.post(
    '/api/user/address',
    {
      config,
      schema: { summary: 'Add an address', body: NewAddress, response: { 201: OneAddress, ...refusals(400, 401) } },
    },
    (request, reply) => {
      const address = { ...blank, ...toFields(request.body) } as AddressFields
      return change(engine, request, reply, 201, async (ctx) => ({
        address: toAddress(await addAddress(ctx, address)),
      }))
    },
  )

  app.put(
    '/api/user/address/:id',
    {
      config,
      schema: {
        summary: 'Change some fields of an address',
        params: IdParams,
        body: AddressChanges,
        response: { 200: OneAddress, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) => {
      const changes = toFields(request.body)
      if (Object.keys(changes).length === 0) throw new BadRequest('No changes supplied.')
      return change(engine, request, reply, 200, async (ctx) => ({
        address: toAddress(await updateAddress(ctx, request.params.id, changes)),
      }))
    },
  )

  app.delete(
    '/api/user/address/:id',
    {
      config,
      schema: {
        summary: 'Delete an address',
        params: IdParams,
        response: { 200: Message, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        await deleteAddress(ctx, request.params.id)
        return { message: 'Address deleted successfully.' }
      }),
  )
}
