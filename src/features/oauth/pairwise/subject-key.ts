import { AuthError } from '../../../base/errors.ts'
import { lazy } from '../../../base/lazy.ts'
import { openText, sealText } from '../../../keys/sealed-text.ts'
import type { Core } from '../../core.ts'
import { oauthSettings } from '../issuer.ts'
import { clientStore } from '../sql.ts'

type KeyCore = Pick<Core, 'clock' | 'random' | 'derivedKeys' | 'ports'>

const PURPOSE = 'pairwise subjects'

/** By the ports of the instance: the key never changes. */
const KEYS = new WeakMap<object, () => Promise<Uint8Array>>()

/**
 * The key that the names of users are made with. The first call of all processes makes it.
 *
 * @throws AuthError `wrong_secret`
 */
export function subjectKey(core: KeyCore): Promise<Uint8Array> {
  const known = KEYS.get(core.ports) ?? lazy(() => foundOrMade(core))
  KEYS.set(core.ports, known)
  return known()
}

/** Opens the key if there is one, so that a secret which was lost stops the start. @throws AuthError `wrong_secret` */
export async function checkSubjectKey(core: Core): Promise<void> {
  const isDefault = oauthSettings(core).subjectType === 'pairwise'
  if (isDefault) await subjectKey(core)
  else await findSubjectKey(core)
}

/** Encrypts the key with the current secret. @returns how many keys it has encrypted: one, or none if that was not needed */
export async function resealSubjectKey(core: KeyCore): Promise<number> {
  const { subjectKeys } = core.ports(clientStore)
  const sealed = await subjectKeys.find()
  if (sealed === undefined) return 0
  const { text, isCurrent } = openSealed(sealed, core)
  if (isCurrent) return 0
  return Number(await subjectKeys.reseal(sealed, sealedKey(text, core)))
}

/** @returns `undefined` if there is none yet @throws AuthError `wrong_secret` */
async function findSubjectKey(core: KeyCore): Promise<Uint8Array | undefined> {
  const sealed = await core.ports(clientStore).subjectKeys.find()
  if (sealed === undefined) return undefined
  return Buffer.from(openSealed(sealed, core).text, 'base64url')
}

/** @returns the key, and whether the current secret has encrypted it @throws AuthError `wrong_secret` if none of the instance has */
function openSealed(sealed: string, { derivedKeys }: KeyCore) {
  for (const [index, key] of derivedKeys(PURPOSE).entries()) {
    const text = openText(sealed, PURPOSE, key)
    if (text !== undefined) return { text, isCurrent: index === 0 }
  }
  throw new AuthError(
    'wrong_secret',
    'The key of pairwise subjects in the database cannot be decrypted with this secret: set the secret it was created with (WATCHWORD_SECRET, or WATCHWORD_OLD_SECRETS beside a newer one). Without it, applications would take all users for new ones.',
  )
}

async function foundOrMade(core: KeyCore): Promise<Uint8Array> {
  const found = await findSubjectKey(core)
  if (found !== undefined) return found
  const made = Buffer.from(core.random(32)).toString('base64url')
  await core.ports(clientStore).subjectKeys.insert(sealedKey(made, core), core.clock())
  // Another process may have been first.
  const stored = await findSubjectKey(core)
  if (stored !== undefined) return stored
  throw new AuthError('server_error', 'the key of pairwise subjects was not stored')
}

function sealedKey(text: string, { derivedKeys, random }: KeyCore): string {
  const [key] = derivedKeys(PURPOSE)
  if (key === undefined) throw new AuthError('server_error', 'the instance has no secret')
  return sealText(text, PURPOSE, key, random)
}
