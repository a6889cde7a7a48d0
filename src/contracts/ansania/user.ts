import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { addAddress, deleteAddress, listAddresses, updateAddress } from '../../engine/identity/addresses.ts'
import type { Address, AddressFields } from '../../engine/identity/addresses.ts'
import { getProfile, updateProfile } from '../../engine/identity/identity.ts'
import type { Customer } from '../../engine/identity/identity.ts'
import { idOf } from '../../engine/serials.ts'
import { change } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { Phone } from './auth.ts'
import { SerialParams, Success, Text, TextOrNull, Time, ok, refusals } from './fields.ts'

const Profile = Success(
  Type.Object({
    id: Type.Integer(),
    email: Type.String(),
    phone: Type.String(),
    full_name: Type.String(),
    email_verified: Type.Boolean(),
    created_at: Time,
  }),
)

const toProfile = (customer: Customer) => ({
  id: customer.serial,
  email: customer.email ?? '',
  phone: customer.phone ?? '',
  full_name: customer.fullName,
  email_verified: customer.emailVerified,
  created_at: customer.createdAt.toISOString(),
})

const WireAddress = Type.Object({
  id: Type.Integer(),
  label: Type.String(),
  recipient_name: Type.String(),
  phone: Type.String(),
  address_line1: Type.String(),
  address_line2: Type.Optional(TextOrNull),
  city: Type.String(),
  district: Type.Optional(TextOrNull),
  province: Type.String(),
  postal_code: Type.String(),
  is_default: Type.Boolean(),
})

/** The second line and the district are there only where they were given. */
const toAddress = (address: Address) => ({
  id: address.serial,
  label: address.label ?? '',
  recipient_name: address.recipientName ?? '',
  phone: address.phone ?? '',
  address_line1: address.line1,
  ...(address.line2 !== null && { address_line2: address.line2 }),
  city: address.city,
  ...(address.district !== null && { district: address.district }),
  province: address.region,
  postal_code: address.postalCode,
  is_default: address.isDefault,
})

const OptionalText = (maxLength: number) =>
  Type.Optional(Type.Union([Type.String({ maxLength, format: 'text' }), Type.Null()]))

const NewAddress = Type.Object({
  label: Text(60),
  recipient_name: Text(200),
  phone: Phone,
  address_line1: Text(300),
  address_line2: OptionalText(300),
  city: Text(120),
  district: OptionalText(120),
  province: Text(120),
  postal_code: Text(20),
  is_default: Type.Optional(Type.Boolean()),
})

const toFields = (body: Static<typeof NewAddress>): AddressFields => ({
  kind: 'shipping',
  label: body.label,
  recipientName: body.recipient_name,
  phone: body.phone,
  line1: body.address_line1,
  line2: body.address_line2 || null,
  district: body.district || null,
  city: body.city,
  region: body.province,
  postalCode: body.postal_code,
  country: null,
  isDefault: body.is_default ?? false,
})

export const user: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'customer' } as const
  const OneAddress = Success(Type.Object({ address: WireAddress }))

  app.get(
    '/api/user/profile',
    { config, schema: { summary: 'The signed-in user', response: { 200: Profile, ...refusals(401) } } },
    async (request) => ok(toProfile(await getProfile(engine.direct(request.store, request.actor)))),
  )

  app.put(
    '/api/user/profile',
    {
      config,
      schema: {
        summary: 'Change name or phone',
        body: Type.Object({ full_name: Type.Optional(Text(200)), phone: Type.Optional(Phone) }),
        response: { 200: Profile, ...refusals(400, 401, 409) },
      },
    },
    (request, reply) => {
      const { full_name: fullName, phone } = request.body
      return change(engine, request, reply, 200, async (ctx) =>
        ok(toProfile(await updateProfile(ctx, { fullName, phone, phoneIsLogin: true }))),
      )
    },
  )

  app.get(
    '/api/user/addresses',
    {
      config,
      schema: {
        summary: 'All addresses',
        response: { 200: Success(Type.Object({ addresses: Type.Array(WireAddress) })), ...refusals(401) },
      },
    },
    async (request) => {
      const addresses = await listAddresses(engine.direct(request.store, request.actor))
      return ok({ addresses: addresses.map(toAddress) })
    },
  )

  app.post(
    '/api/user/addresses',
    {
      config,
      schema: { summary: 'Add an address', body: NewAddress, response: { 201: OneAddress, ...refusals(400, 401) } },
    },
    (request, reply) =>
      change(engine, request, reply, 201, async (ctx) =>
        ok({ address: toAddress(await addAddress(ctx, toFields(request.body))) }),
      ),
  )

  app.put(
    '/api/user/addresses/:id',
    {
      config,
      schema: {
        summary: 'Replace an address',
        params: SerialParams,
        body: NewAddress,
        response: { 200: OneAddress, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        const { isDefault, ...fields } = toFields(request.body)
        // left out, it stays what it is: the default is set elsewhere
        const changes = request.body.is_default === undefined ? fields : { ...fields, isDefault }
        const id = await idOf(ctx, 'address', request.params.id)
        return ok({ address: toAddress(await updateAddress(ctx, id, changes)) })
      }),
  )

  app.delete(
    '/api/user/addresses/:id',
    {
      config,
      schema: {
        summary: 'Delete an address',
        params: SerialParams,
        response: { 204: Type.Null(), ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 204, async (ctx) => {
        await deleteAddress(ctx, await idOf(ctx, 'address', request.params.id))
        return null
      }),
  )

  app.put(
    '/api/user/addresses/:id/set-default',
    {
      config,
      schema: {
        summary: 'Make an address the default',
        params: SerialParams,
        response: { 200: OneAddress, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        const id = await idOf(ctx, 'address', request.params.id)
        return ok({ address: toAddress(await updateAddress(ctx, id, { isDefault: true })) })
      }),
  )
}
