import { createHash } from 'node:crypto'
import type { InstanceStore } from '../../src/features.ts'
import type { UserId } from '../../src/users/user.ts'
import { signed } from '../conformance/forge.ts'
import { KEYS, NOW } from './fixture.ts'

const TYPES = { R: 'refresh', A: 'access', S: 'sliding' } as const
const MOMENTS = ['exp', 'iat', 'nbf', 'refresh_exp']
const EXTRA: { readonly [cfg: string]: object } = {
  AI: { aud: 'aud1', iss: 'iss1' },
  AL: { aud: ['aud1', 'aud2'] },
}
let count = 0

/**
 * Writes the tokens that a case names: `<R>`, `<A>`, `<S>`; `<R{x:v,-y}>` with claim x set to v (moments
 * are seconds from now) and y removed; `@other` another key, `@none` unsigned, `@HS512` that algorithm; `#a` a `jti` made
 * of that letter. `<r>` and other lower-case names stand for stored tokens.
 */
export async function filled(
  text: string,
  cfg: string,
  kept: ReadonlyMap<string, string>,
  store: InstanceStore,
): Promise<string> {
  const extra = EXTRA[cfg] ?? (cfg.startsWith('REV') ? await revokeClaim(store) : {})
  return text
    .replace(
      /<([RAS])(?:\{(.*?)\})?(?:@(\w+))?(?:#(\w))?>/g,
      (_, type: keyof typeof TYPES, changes, key, letter) =>
        minted({ ...defaults(TYPES[type], letter), ...extra }, changes ?? '', key),
    )
    .replace(/<([a-z]\w*)>/g, (_, name: string) => {
      const token = kept.get(name)
      if (token === undefined) throw new Error(`no step kept <${name}>`)
      return token
    })
}

const defaults = (type: string, letter: string | undefined): Record<string, unknown> => ({
  token_type: type,
  exp: NOW + 3600,
  iat: NOW,
  jti:
    letter === undefined ? (++count).toString(16).padStart(32, '0') : letter.repeat(32),
  ...(type === 'sliding' && { refresh_exp: NOW + 7200 }),
  user_id: '1',
})

function minted(
  claims: Record<string, unknown>,
  changes: string,
  key: string | undefined,
): string {
  for (const [, removed, name = '', value = ''] of changes.matchAll(
    /-(\w+)|(\w+):((?:"[^"]*"|\[[^\]]*\]|[^,])*)/g,
  )) {
    if (removed !== undefined) delete claims[removed]
    else {
      const given: unknown = JSON.parse(value)
      claims[name] =
        MOMENTS.includes(name) && typeof given === 'number' ? NOW + given : given
    }
  }
  const alg = key === 'none' || key === 'HS512' ? key : 'HS256'
  const secret = key === 'other' ? KEYS.other : KEYS.right
  return signed({ alg, typ: 'JWT' }, JSON.stringify(claims), alg, Buffer.from(secret))
}

/** Simple JWT's revoke claim (CHECK_REVOKE_TOKEN). */
async function revokeClaim(store: InstanceStore): Promise<object> {
  const alice = await store.ports.users.find('id', '1' as UserId)
  return {
    hash_password: createHash('md5')
      .update(alice?.hash ?? '')
      .digest('hex')
      .toUpperCase(),
  }
}
