import { type Duration, secondsOf } from '../../base/duration.ts'
import { type CommandOutput, commandFor, DATABASE } from '../../command/command.ts'
import { assertFound, CommandError, UsageError } from '../../command/errors.ts'
import { isoOf, momentOf, plural, printable } from '../../command/format.ts'
import { tableOf } from '../../command/table.ts'
import { userNamed } from '../../command/user-named.ts'
import type { User } from '../../users/user.ts'
import type { ApiTokenAdmin, NewApiToken } from './admin.ts'
import type { ApiToken, ShownToken } from './api-token.ts'

/** What the commands use of an instance. */
export interface TokenAdmin {
  readonly users: { find(username: string): Promise<User | undefined> }
  readonly apiTokens: ApiTokenAdmin
}

const command = commandFor<TokenAdmin>()

export const tokenCreate = command({
  name: 'token create',
  summary: 'Shows the API token of a user, or creates an additional one.',
  args: ['USERNAME'],
  description: `Without options it prints the token that POST /api-token-auth/ returns: the same each time, without expiry, until --reset. It is derived
from the secret, so WATCHWORD_SECRET must be the server's.

With --name, --scope or --expires it creates an additional token, which is shown only once.

Requests send the token as "Authorization: Token …".`,
  examples: [
    'watchword token create vitor',
    'watchword token create vitor --reset',
    'watchword token create vitor --name "nightly export" --scope posts:read,users:read --expires 90d',
  ],
  options: {
    reset: {
      type: 'boolean',
      short: 'r',
      help: 'revoke the token and create a new one',
    },
    name: {
      type: 'string',
      value: 'TEXT',
      help: 'create an additional token with this name',
    },
    scope: {
      type: 'string',
      value: 'SCOPES',
      help: 'create an additional token with these scopes, separated by commas',
    },
    expires: {
      type: 'string',
      value: 'TIME',
      help: 'create an additional token that expires after 12h, 90d or a number of seconds',
    },
    ...DATABASE,
  },
  run({ values: { reset = false, database, ...values }, args: [username = ''], open }) {
    const input = inputOf(values)
    if (input === undefined) {
      return open(database, (auth) => derivedToken(username, reset, auth), {
        withKeys: true,
      })
    }
    if (reset) {
      throw new UsageError(
        '--reset cannot be combined with --name, --scope or --expires. To revoke a token: watchword token revoke ID',
      )
    }
    return open(database, async (auth) => {
      const { id } = await ownerNamed(username, auth)
      const created = await auth.apiTokens.create(id, input)
      return generated(created, username, '\nIt is shown only once.')
    })
  },
})

async function derivedToken(
  username: string,
  reset: boolean,
  auth: TokenAdmin,
): Promise<CommandOutput> {
  const { id } = await ownerNamed(username, auth)
  return generated(await auth.apiTokens.keyFor(id, { reset }), username)
}

/** The line of `drf_create_token`, which scripts read. */
const generated = (
  { token, record }: ShownToken,
  username: string,
  note = '',
): CommandOutput => ({
  text: `Generated token ${token} for user ${printable(username)}${note}`,
  json: { token, username, ...toJson(record) },
})

/** @throws CommandError with the message of `drf_create_token` if there is no such user */
async function ownerNamed(username: string, { users }: TokenAdmin): Promise<User> {
  const user = await users.find(username)
  assertFound(
    user,
    `Cannot create the Token: user ${printable(username)} does not exist.`,
  )
  return user
}

/** What an additional token is created from; `undefined` if no option asks for one. */
function inputOf({
  name,
  scope,
  expires,
}: {
  readonly name?: string
  readonly scope?: string
  readonly expires?: string
}): NewApiToken | undefined {
  if (name === undefined && scope === undefined && expires === undefined) return undefined
  const scopes = (scope ?? '').split(/[,\s]+/).filter(Boolean)
  return {
    name,
    scopes,
    ...(expires !== undefined && { expiresIn: durationOf(expires) }),
  }
}

function durationOf(text: string): Duration {
  const seconds = secondsOf(/^\d+$/.test(text) ? Number(text) : text)
  if (seconds !== undefined && seconds > 0) return seconds
  throw new UsageError(
    '--expires must be a duration above 0, such as 12h or 90d, or a number of seconds.',
  )
}

export const tokenList = command({
  name: 'token list',
  summary: 'Lists the API tokens of a user.',
  args: ['USERNAME'],
  description:
    'Shows the first characters of each token; the whole token is not stored. Expired tokens are listed until "watchword flush" deletes them.',
  examples: ['watchword token list vitor', 'watchword token list vitor --json'],
  options: DATABASE,
  async run({ values, args: [username = ''], open }) {
    const tokens = await open(values.database, async (auth) =>
      auth.apiTokens.list((await userNamed(username, auth)).id),
    )
    return { text: tokenTable(username, tokens), json: tokens.map(toJson) }
  },
})

function tokenTable(username: string, tokens: readonly ApiToken[]): string {
  if (tokens.length === 0) return `${printable(username)} has no API tokens.`
  return tableOf(
    ['PREFIX', 'NAME', 'SCOPES', 'CREATED (UTC)', 'EXPIRES', 'ID'],
    tokens.map((token) => [
      token.hint,
      token.name ?? '–',
      token.scopes.join(' ') || '–',
      momentOf(token.createdAt),
      momentOf(token.expiresAt),
      token.id,
    ]),
  )
}

export const tokenRevoke = command({
  name: 'token revoke',
  summary: 'Revokes an API token, or all API tokens of a user.',
  args: ['[TOKEN]'],
  description:
    'TOKEN is its PREFIX or its ID, as "watchword token list" shows them. Running servers reject it from the next request on.',
  examples: ['watchword token revoke ww_h3kX9aQz', 'watchword token revoke --user vitor'],
  options: {
    user: { type: 'string', value: 'NAME', help: 'all API tokens of this user' },
    ...DATABASE,
  },
  async run({ values: { user, database }, args: [token], open }) {
    if ((token === undefined) === (user === undefined)) {
      throw new UsageError(
        'Give either the PREFIX or ID of one token, or --user NAME for all tokens of a user.',
      )
    }
    const revoked = await open(database, (auth) => revokeTokens(auth, token, user))
    return { text: `Revoked ${plural(revoked, 'API token')}.`, json: { revoked } }
  },
})

async function revokeTokens(
  auth: TokenAdmin,
  token = '',
  user?: string,
): Promise<number> {
  if (user !== undefined)
    return auth.apiTokens.revokeAll((await userNamed(user, auth)).id)
  if ((await auth.apiTokens.revoke(token)) !== undefined) return 1
  throw new CommandError(
    'There is no API token with this prefix or ID. The tokens of a user: watchword token list USERNAME',
  )
}

const toJson = (token: ApiToken): object => ({
  id: token.id,
  prefix: token.hint,
  name: token.name ?? null,
  scopes: token.scopes,
  created_at: isoOf(token.createdAt),
  expires_at: isoOf(token.expiresAt),
  derived: token.derived,
  kind: token.kind ?? null,
})
