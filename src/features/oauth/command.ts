import { type Duration, secondsOf } from '../../base/duration.ts'
import { ifDefined, withoutUndefined } from '../../base/optional.ts'
import { commandFor, DATABASE } from '../../command/command.ts'
import { assertFound, UsageError } from '../../command/errors.ts'
import { printable } from '../../command/format.ts'
import { namingOptions } from '../../command/naming-options.ts'
import type { ClientAdmin } from './admin.ts'
import type { ClientProof, GrantType } from './client.ts'
import { clientTable, factsOf, shown, toJson } from './client-output.ts'
import type { ClientChanges, NewClient } from './new-client.ts'
import type { SubjectType } from './pairwise/pairwise-options.ts'

/** What the commands use of an instance. */
export interface ClientsInstance {
  readonly clients: ClientAdmin
}

const command = commandFor<ClientsInstance>()

/** What is registered of an application. */
const PROPERTIES = {
  redirect: {
    type: 'string',
    value: 'URI',
    multiple: true,
    help: 'where users are sent back to; may be repeated',
  },
  'after-logout': {
    type: 'string',
    value: 'URI',
    multiple: true,
    help: 'where users are sent back to after a sign-out; may be repeated',
  },
  'backchannel-logout': {
    type: 'string',
    value: 'URI',
    help: 'where it is notified that a user has signed out',
  },
  'backchannel-session': {
    type: 'boolean',
    help: 'registers that it needs the session in these notices (backchannel_logout_session_required)',
  },
  scope: {
    type: 'string',
    value: 'SCOPES',
    help: 'the scopes that it may ask for, separated by spaces or commas',
  },
  resource: {
    type: 'string',
    value: 'URI',
    multiple: true,
    help: 'another service for which it may get tokens; may be repeated',
  },
  audience: {
    type: 'string',
    value: 'URI',
    multiple: true,
    help: 'registers it as this service: it may introspect tokens issued for it; may be repeated',
  },
  grant: {
    type: 'string',
    value: 'TYPE',
    multiple: true,
    help: 'authorization_code, refresh_token, client_credentials, or the name of an extension (urn:ietf:params:oauth:grant-type:…); may be repeated',
  },
  public: {
    type: 'boolean',
    help: 'for browser and mobile applications, which cannot keep a secret',
  },
  key: {
    type: 'string',
    value: 'JWK',
    multiple: true,
    help: 'a public key as JSON, in place of a secret (private_key_jwt); may be repeated',
  },
  'keys-at': {
    type: 'string',
    value: 'URI',
    help: 'the https address of its public keys, in place of --key',
  },
  'skip-consent': {
    type: 'boolean',
    help: 'does not ask users for their consent: for applications of your own',
  },
  dpop: {
    type: 'boolean',
    help: 'issues only tokens that are bound to a key of the application (RFC 9449)',
  },
  par: {
    type: 'boolean',
    help: 'requires that it pushes its authorization requests first (RFC 9126)',
  },
  'subject-type': {
    type: 'string',
    value: 'TYPE',
    help: 'public: its tokens name users by their id; pairwise: by a name that no application of another sector has',
  },
  sector: {
    type: 'string',
    value: 'URI',
    help: 'the https address whose host is the sector of a pairwise application (sector_identifier_uri); by default the host of its redirect URIs',
  },
} as const

export const clientCreate = command({
  name: 'client create',
  summary: 'Registers an application for OAuth 2.1 and OpenID Connect.',
  args: ['NAME'],
  description: `Prints its id and its secret, which is shown only once.

With --redirect it signs users in (authorization code). Without, it gets tokens for itself (client credentials).

A page in the browser or an app cannot keep a secret: register it with --public.`,
  examples: [
    'watchword client create "Nightly reports" --scope reports:read',
    'watchword client create Shop --redirect https://shop.example.com/callback --scope "openid email"',
    'watchword client create Forum --redirect https://forum.example.org/callback --scope openid --subject-type pairwise',
    'watchword client create Phone --public --redirect com.example.phone:/callback',
  ],
  options: {
    ...PROPERTIES,
    ...DATABASE,
  },
  async run({ values, args: [name = ''], open }) {
    const input = inputOf(name, values)
    const created = await open(values.database, (auth) =>
      withFieldErrors(() => auth.clients.create(input)),
    )
    return shown(created, 'Registered')
  },
})

interface CreateValues {
  readonly redirect?: readonly string[]
  readonly 'after-logout'?: readonly string[]
  readonly 'backchannel-logout'?: string
  readonly 'backchannel-session'?: boolean
  readonly scope?: string
  readonly resource?: readonly string[]
  readonly audience?: readonly string[]
  readonly grant?: readonly string[]
  readonly public?: boolean
  readonly key?: readonly string[]
  readonly 'keys-at'?: string
  readonly 'skip-consent'?: boolean
  readonly dpop?: boolean
  readonly par?: boolean
  readonly 'subject-type'?: string
  readonly sector?: string
}

const inputOf = (name: string, values: CreateValues): NewClient => ({
  name,
  scopes: (values.scope ?? '').split(/[,\s]+/).filter(Boolean),
  redirectUris: values.redirect ?? [],
  postLogoutRedirectUris: values['after-logout'] ?? [],
  backchannelLogoutUri: values['backchannel-logout'],
  backchannelLogoutSessionRequired: values['backchannel-session'] ?? false,
  resources: values.resource ?? [],
  audiences: values.audience ?? [],
  skipConsent: values['skip-consent'] ?? false,
  dpopBoundAccessTokens: values.dpop ?? false,
  requirePushedAuthorizationRequests: values.par ?? false,
  keys: (values.key ?? []).map(keyOf),
  jwksUri: values['keys-at'],
  sectorIdentifierUri: values.sector,
  ...withoutUndefined({ subjectType: subjectTypeOf(values) }),
  ...(values.public === true && { proof: 'none' as ClientProof }),
  // What is no grant is an error of its field.
  ...(values.grant !== undefined && { grants: values.grant as readonly GrantType[] }),
})

// What is none is an error of its field.
const subjectTypeOf = (values: CreateValues): SubjectType | undefined =>
  values['subject-type'] as SubjectType | undefined

function keyOf(text: string): object {
  try {
    const key: unknown = JSON.parse(text)
    if (typeof key === 'object' && key !== null) return key
  } catch {
    // The message below says what is expected.
  }
  throw new UsageError('--key must be a public key as a JSON Web Key: {"kty":"EC",…}.')
}

/** The options by the names of their fields. */
const OPTION_OF: Readonly<Record<string, string>> = {
  name: 'NAME',
  redirectUris: '--redirect',
  postLogoutRedirectUris: '--after-logout',
  backchannelLogoutUri: '--backchannel-logout',
  scopes: '--scope',
  resources: '--resource',
  audiences: '--audience',
  grants: '--grant',
  keys: '--key',
  jwksUri: '--keys-at',
  proof: '--public',
  subjectType: '--subject-type',
  sectorIdentifierUri: '--sector',
  overlap: '--overlap',
}

/** @throws CommandError that names the options with errors */
export const withFieldErrors = <T>(work: () => Promise<T>): Promise<T> =>
  namingOptions(OPTION_OF, work)

export const clientList = command({
  name: 'client list',
  summary: 'Lists the applications.',
  args: [],
  description: 'The newest first.',
  examples: ['watchword client list', 'watchword client list --json'],
  options: DATABASE,
  async run({ values, open }) {
    const clients = await open(values.database, (auth) => auth.clients.list())
    return { text: clientTable(clients), json: clients.map(toJson) }
  },
})

export const clientShow = command({
  name: 'client show',
  summary: 'Shows an application.',
  args: ['CLIENT_ID'],
  description: 'Its secret is not stored and cannot be shown again.',
  examples: ['watchword client show client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12'],
  options: DATABASE,
  async run({ values, args: [id = ''], open }) {
    const client = await open(values.database, (auth) => auth.clients.find(id))
    assertFound(client, NO_CLIENT)
    return { text: factsOf(client), json: toJson(client) }
  },
})

export const clientUpdate = command({
  name: 'client update',
  summary: 'Changes an application.',
  args: ['CLIENT_ID'],
  description: `What is left out stays. A list replaces the former one: name all its values, or write "none".

What the application may do no more, it loses: running servers reject the tokens of its users and its own within a second.`,
  examples: [
    'watchword client update client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12 --scope "openid email"',
    'watchword client update client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12 --name "Big shop" --redirect https://shop.example.com/cb --redirect https://shop.example.org/cb',
  ],
  options: {
    name: { type: 'string', value: 'NAME', help: 'its name, which users read' },
    ...PROPERTIES,
    'with-secret': {
      type: 'boolean',
      help: 'gives it a secret, if it had another proof',
    },
    'no-dpop': { type: 'boolean', help: 'issues tokens that are bound to no key, too' },
    'no-par': { type: 'boolean', help: 'takes requests that were not pushed, too' },
    'ask-consent': {
      type: 'boolean',
      help: 'asks users for their consent; those who were not asked are signed out of the application',
    },
    ...DATABASE,
  },
  async run({ values, args: [id = ''], open }) {
    const changes = changesOf(values)
    if (Object.keys(changes).length === 0)
      throw new UsageError('Name what is to be changed, such as --name "Big shop".')
    const updated = await open(values.database, (auth) =>
      withFieldErrors(() => auth.clients.update(id, changes)),
    )
    assertFound(updated, NO_CLIENT)
    return shown(updated, 'Changed')
  },
})

interface UpdateValues extends CreateValues {
  readonly name?: string
  readonly 'with-secret'?: boolean
  readonly 'ask-consent'?: boolean
  readonly 'no-dpop'?: boolean
  readonly 'no-par'?: boolean
}

/** @throws UsageError for two options that contradict each other */
function changesOf(values: UpdateValues): ClientChanges {
  const { redirect, resource, audience, grant, key } = values
  const afterLogout = values['after-logout']
  const scopes = values.scope?.split(/[,\s]+/).filter(Boolean)
  return withoutUndefined({
    name: values.name,
    scopes: ifDefined(scopes, given),
    redirectUris: ifDefined(redirect, given),
    postLogoutRedirectUris: ifDefined(afterLogout, given),
    backchannelLogoutSessionRequired: values['backchannel-session'],
    backchannelLogoutUri: ifDefined(values['backchannel-logout'], (uri) =>
      given([uri]).join(''),
    ),
    resources: ifDefined(resource, given),
    audiences: ifDefined(audience, given),
    grants: grant as readonly GrantType[] | undefined,
    keys: key?.map(keyOf),
    jwksUri: ifDefined(values['keys-at'], (uri) => given([uri]).join('')),
    subjectType: subjectTypeOf(values),
    sectorIdentifierUri: ifDefined(values.sector, (uri) => given([uri]).join('')),
    proof: proofOf(values),
    skipConsent: switched(values, 'skip-consent', 'ask-consent'),
    dpopBoundAccessTokens: switched(values, 'dpop', 'no-dpop'),
    requirePushedAuthorizationRequests: switched(values, 'par', 'no-par'),
  })
}

const given = (list: readonly string[]): readonly string[] =>
  list.filter((each) => each !== 'none')

function proofOf(values: UpdateValues): ClientProof | undefined {
  const isPublic = values.public === true
  const hasSecret = values['with-secret'] === true
  if (isPublic && hasSecret) throw new UsageError('Write --public or --with-secret.')
  if (isPublic) return 'none'
  return hasSecret ? 'secret' : undefined
}

/** @throws UsageError for both */
function switched(
  values: UpdateValues,
  on: 'skip-consent' | 'dpop' | 'par',
  off: 'ask-consent' | 'no-dpop' | 'no-par',
): boolean | undefined {
  if (values[on] === true && values[off] === true)
    throw new UsageError(`Write --${on} or --${off}.`)
  if (values[off] === true) return false
  return values[on]
}

const NO_CLIENT =
  'There is no application with this id. All applications: watchword client list'

export const clientRotateSecret = command({
  name: 'client rotate-secret',
  summary: 'Gives an application a new secret.',
  args: ['CLIENT_ID'],
  description:
    'The previous secret is accepted for one more day, or as long as --overlap says. Tokens that the application has for itself are revoked at once; those of its users are not.',
  examples: [
    'watchword client rotate-secret client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12',
    'watchword client rotate-secret client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12 --overlap 0',
  ],
  options: {
    overlap: {
      type: 'string',
      value: 'TIME',
      help: 'how long the previous secret is accepted: 1h, 7d or a number of seconds',
    },
    ...DATABASE,
  },
  async run({ values: { overlap, database }, args: [id = ''], open }) {
    const options = { ...(overlap !== undefined && { overlap: durationOf(overlap) }) }
    const rotated = await open(database, (auth) =>
      withFieldErrors(() => auth.clients.rotateSecret(id, options)),
    )
    assertFound(
      rotated,
      'No active application with a secret has this id. All applications: watchword client list',
    )
    return shown(rotated, 'New secret of')
  },
})

export function durationOf(text: string): Duration {
  const length = secondsOf(/^\d+$/.test(text) ? Number(text) : text)
  if (length !== undefined) return length
  throw new UsageError(
    '--overlap must be a duration such as 1h or 7d, or a number of seconds.',
  )
}

export const clientDisable = command({
  name: 'client disable',
  summary: 'Disables an application, and revokes all its tokens.',
  args: ['CLIENT_ID'],
  description: 'Running servers reject its tokens within a second.',
  examples: ['watchword client disable client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12'],
  options: DATABASE,
  async run({ values, args: [id = ''], open }) {
    const disabled = await open(values.database, (auth) => auth.clients.disable(id))
    assertFound(
      disabled,
      'There is no application with this id, or it is disabled already. All applications: watchword client list',
    )
    return { text: `Disabled ${printable(id)}.`, json: { client_id: id, disabled } }
  },
})

export const clientEnable = command({
  name: 'client enable',
  summary: 'Enables an application that was disabled.',
  args: ['CLIENT_ID'],
  description: 'Tokens that it had before stay revoked.',
  examples: ['watchword client enable client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12'],
  options: DATABASE,
  async run({ values, args: [id = ''], open }) {
    const enabled = await open(values.database, (auth) => auth.clients.enable(id))
    assertFound(
      enabled,
      'There is no application with this id that is disabled. All applications: watchword client list',
    )
    return { text: `Enabled ${printable(id)}.`, json: { client_id: id, enabled } }
  },
})

export const clientDelete = command({
  name: 'client delete',
  summary: 'Deletes an application, and revokes all its tokens.',
  args: ['CLIENT_ID'],
  description: 'Running servers reject its tokens within a second.',
  examples: ['watchword client delete client_2f0c5e4b9a7d4c1e8f3a6b5d7c9e0f12'],
  options: DATABASE,
  async run({ values, args: [id = ''], open }) {
    const deleted = await open(values.database, (auth) => auth.clients.delete(id))
    assertFound(deleted, NO_CLIENT)
    return { text: `Deleted ${printable(id)}.`, json: { client_id: id, deleted } }
  },
})
