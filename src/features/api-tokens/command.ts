import { type Duration, secondsOf } from '../../base/duration.ts'
import { type CommandOutput, command, DATABASE, found } from '../../cli/command.ts'
import { CommandError, UsageError } from '../../cli/errors.ts'
import { openWithKeys, userNamed, withInstance } from '../../cli/open-instance.ts'
import { isoOf, momentOf, plural, printable, tableOf } from '../../cli/table.ts'
import type { User } from '../../users/user.ts'
import type { Watchword } from '../../watchword.ts'
import type { NewApiToken } from './admin.ts'
import type { ApiToken, ShownToken } from './api-token.ts'

export const tokenCreate = command({
  name: 'token create',
  does: 'Shows the API token of a user, made where there is none; or makes another.',
  args: ['USERNAME'],
  about: `Without options it is the one that POST /api-token-auth/ gives out: the same at each call, without an end, until --reset.
It is derived from the secret, so WATCHWORD_SECRET must be the server's. With --name, --scope or --expires it is one more, which
is shown this once. Requests bear it as "Authorization: Token …".`,
  examples: [
    'watchword token create vitor',
    'watchword token create vitor --reset',
    'watchword token create vitor --name "nightly export" --scope posts:read,users:read --expires 90d',
  ],
  options: {
    reset: {
      type: 'boolean',
      short: 'r',
      says: 'a new one in its place; the old one ends',
    },
    name: { type: 'string', value: 'TEXT', says: 'one more, and what it is for' },
    scope: {
      type: 'string',
      value: 'SCOPES',
      says: 'one more, for these scopes alone, with commas between them',
    },
    expires: {
      type: 'string',
      value: 'TIME',
      says: 'one more, which ends after 12h, 90d or so many seconds',
    },
    ...DATABASE,
  },
  run({ values: { reset, database, ...values }, args: [username = ''], deps }) {
    const input = inputOf(values)
    if (input === undefined) {
      return withInstance(
        database,
        deps,
        async (auth) => derivedFor(username, reset === true, auth),
        openWithKeys,
      )
    }
    if (reset)
      throw new UsageError(
        '--reset does not go with --name, --scope and --expires: see token revoke.',
      )
    return withInstance(database, deps, async (auth) => {
      const made = await auth.apiTokens.create(
        (await ownerNamed(username, auth)).id,
        input,
      )
      return generated(made, username, '\nIt is shown this once.')
    })
  },
})

async function derivedFor(
  username: string,
  reset: boolean,
  auth: Watchword<User>,
): Promise<CommandOutput> {
  const { id } = await ownerNamed(username, auth)
  return generated(await auth.apiTokens.keyFor(id, { reset }), username, '')
}

/** As `drf_create_token` says it: scripts read this line. */
const generated = (
  { token, record }: ShownToken,
  username: string,
  and: string,
): CommandOutput => ({
  text: `Generated token ${token} for user ${printable(username)}${and}`,
  json: { token, username, ...toJson(record) },
})

async function ownerNamed(username: string, auth: Watchword<User>): Promise<User> {
  const user = await auth.users.find(username)
  found(user, `Cannot create the Token: user ${printable(username)} does not exist.`)
  return user
}

/** What is asked for of one more token; `undefined` where nothing is. */
function inputOf({
  name,
  scope,
  expires,
}: {
  name?: string
  scope?: string
  expires?: string
}): NewApiToken | undefined {
  if (name === undefined && scope === undefined && expires === undefined) return undefined
  const scopes = (scope ?? '').split(/[,\s]+/).filter(Boolean)
  return {
    name,
    scopes,
    ...(expires === undefined ? {} : { expiresIn: timeOf(expires) }),
  }
}

function timeOf(text: string): Duration {
  const seconds = secondsOf(/^\d+$/.test(text) ? Number(text) : text)
  if (seconds !== undefined && seconds > 0) return seconds
  throw new UsageError(
    '--expires must be a length of time above 0: 12h, 90d, or a number of seconds.',
  )
}

export const tokenList = command({
  name: 'token list',
  does: 'Lists the API tokens of a user.',
  args: ['USERNAME'],
  about: `Each by the beginning of its text; the whole of it is not kept. Those that have expired are listed with the others until
"watchword flush" deletes them.`,
  examples: ['watchword token list vitor', 'watchword token list vitor --json'],
  options: DATABASE,
  async run({ values, args: [name = ''], deps }) {
    const tokens = await withInstance(values.database, deps, async (auth) =>
      auth.apiTokens.list((await userNamed(name, auth)).id),
    )
    return {
      text:
        tokens.length === 0
          ? `${printable(name)} has no API tokens.`
          : tokenTable(tokens),
      json: tokens.map(toJson),
    }
  },
})

const tokenTable = (tokens: readonly ApiToken[]): string =>
  tableOf(
    ['PREFIX', 'NAME', 'SCOPES', 'MADE (UTC)', 'EXPIRES', 'ID'],
    tokens.map((token) => [
      token.hint,
      token.name ?? '–',
      token.scopes.join(' ') || '–',
      momentOf(token.createdAt),
      momentOf(token.expiresAt),
      token.id,
    ]),
  )

export const tokenRevoke = command({
  name: 'token revoke',
  does: 'Ends an API token, or all of a user.',
  args: ['[TOKEN]'],
  about:
    'TOKEN is its PREFIX or its ID, as "watchword token list" shows them. Running servers refuse it from the next request on.',
  examples: ['watchword token revoke ww_h3kX9aQz', 'watchword token revoke --user vitor'],
  options: {
    user: { type: 'string', value: 'NAME', says: 'all API tokens of this user' },
    ...DATABASE,
  },
  async run({ values: { user, database }, args: [token], deps }) {
    if ((token === undefined) === (user === undefined)) {
      throw new UsageError(
        'Name one token by its PREFIX or ID, or all of a user with --user NAME.',
      )
    }
    const revoked = await withInstance(database, deps, async (auth) => {
      if (user !== undefined)
        return auth.apiTokens.revokeAll((await userNamed(user, auth)).id)
      if ((await auth.apiTokens.revoke(token!)) !== undefined) return 1
      throw new CommandError(
        'There is no API token of this prefix or ID: see watchword token list USERNAME.',
      )
    })
    return { text: `Ended ${plural(revoked, 'API token')}.`, json: { revoked } }
  },
})

const toJson = (token: ApiToken): object => ({
  id: token.id,
  prefix: token.hint,
  name: token.name ?? null,
  scopes: token.scopes,
  created_at: isoOf(token.createdAt),
  expires_at: isoOf(token.expiresAt),
  derived: token.derived,
})
