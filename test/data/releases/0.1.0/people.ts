import { readFileSync } from 'node:fs'
import { DAY } from './world.ts'

export interface Person {
  readonly username: string
  readonly password?: string
  /** Written over the one that the release made, as an import does. */
  readonly hash?: string
  readonly canSignIn: boolean
  /** Seconds before the end at which the user is made. */
  readonly ago?: number
  /** Further fields of `users.create`. */
  readonly fields?: object
}

interface DjangoHash {
  readonly encoding: string
  readonly what: string
  readonly password: string
  readonly hash: string
}

const { hashes } = JSON.parse(
  readFileSync(
    new URL('../../passwords/django-hashes.json', import.meta.url),
    'utf8',
  ),
) as { readonly hashes: readonly DjangoHash[] }

function imported(
  username: string,
  encoding: string,
  what: string,
  change: (hash: string) => string = (hash) => hash,
): Person {
  const found = hashes.find(
    (each) => each.encoding === encoding && each.what === what,
  )
  if (found === undefined) throw new Error(`No ${encoding} hash of ${what}.`)
  const { password, hash } = found
  return { username, password, hash: change(hash), canSignIn: true }
}

const OWN_COST = "Django's own cost"

const IMPORTED: readonly Person[] = [
  imported('pbkdf2-sha256', 'pbkdf2_sha256', 'plain'),
  imported('pbkdf2-sha256-own-cost', 'pbkdf2_sha256', OWN_COST),
  imported('pbkdf2-sha1', 'pbkdf2_sha1', 'plain'),
  imported('scrypt', 'scrypt', 'plain'),
  imported('scrypt-own-cost', 'scrypt', OWN_COST),
  imported('argon2id-django', 'argon2', 'plain'),
  imported('argon2id-own-cost', 'argon2', OWN_COST),
  imported('argon2i', 'argon2', 'argon2i'),
  imported('argon2d', 'argon2', 'argon2d'),
  imported('bcrypt-2b', 'bcrypt', 'plain'),
  imported('bcrypt-2b-own-cost', 'bcrypt', OWN_COST),
  // A password of 72 bytes or fewer has one hash in all three varieties.
  imported('bcrypt-2a', 'bcrypt', 'plain', (it) => it.replace('2b', '2a')),
  imported('bcrypt-2y', 'bcrypt', '72 octets', (it) => it.replace('2b', '2y')),
  imported('bcrypt-sha256', 'bcrypt_sha256', 'plain'),
  imported('bcrypt-sha256-own-cost', 'bcrypt_sha256', OWN_COST),
  imported('other-letters', 'pbkdf2_sha256', 'japanese and signs'),
  imported('decomposed', 'scrypt', 'decomposed'),
  imported('blanks', 'argon2', 'blanks around it'),
]

const withPassword = (username: string, rest: object = {}): Person => ({
  username,
  password: `throw-away password of ${username}`,
  canSignIn: true,
  ...rest,
})

export const PEOPLE: readonly Person[] = [
  withPassword('vitor', {
    ago: 100 * DAY,
    fields: {
      email: 'vitor@example.com',
      staff: true,
      superuser: true,
      attributes: { team: 'blue', floors: [1, 2], since: null },
    },
  }),
  withPassword('ada', {
    fields: { email: 'Ada.Byron@Example.com', roles: ['editor', 'viewer'] },
  }),
  withPassword('Żółć', { fields: { attributes: { name: 'Żółć 🦊' } } }),
  withPassword('everywhere'),
  withPassword('changed'),
  withPassword('restored'),
  withPassword('claim'),
  withPassword('claim-changed'),
  withPassword('throttled'),
  withPassword('deactivated', { canSignIn: false }),
  withPassword('removed', { canSignIn: false }),
  withPassword('inactive', { canSignIn: false, fields: { active: false } }),
  { username: 'no-password', password: '!', canSignIn: false },
  {
    username: 'no-password-django',
    password: 'lètmein',
    hash: '!4IHtcVBLMrvRhb3PTNPk1yhCzEXBq8UtIZYoyTqW',
    canSignIn: false,
  },
  {
    username: 'unreadable-md5',
    password: 'password',
    hash: 'md5$seasalt$f5531bef9f3687d0ccf0f617f0e25573',
    canSignIn: false,
  },
  ...IMPORTED,
]

export const passwordOf = (username: string): string =>
  PEOPLE.find((person) => person.username === username)?.password ?? ''

/** What `changed` and `claim-changed` have in the end. */
export const newPasswordOf = (username: string): string =>
  `second throw-away password of ${username}`
