import type { Core } from './core.ts'
import { locked } from './lock.ts'
import type { WebStorage } from './platform.ts'
import { webStorage } from './storage.ts'
import { type Storing, storeIn } from './stored.ts'
import type { StorageOption, TokenStorage } from './types.ts'

/** Keeps tokens in a storage. */
function keepTokens(core: Core, storage: TokenStorage, lock?: Storing['lock']): void {
  storeIn(core, {
    storage,
    lock,
    stateOf: (session) => ({ session }),
    isOwn: ({ sid }) => sid === core.session?.claims.sid,
  })
}

/** For pages: Node.js has no storage that is a user's. */
const inPage =
  (
    name: 'sessionStorage' | 'localStorage',
    lock?: Storing['lock'],
  ): ((core: Core) => void) =>
  (core) => {
    const { platform } = core
    const storage = webStorage(() => platform[name] as WebStorage)
    if (platform.location) keepTokens(core, storage, lock)
  }

/** Keeps tokens in `sessionStorage`: a reload stays signed in. */
export const tabStorage = /* @__PURE__ */ inPage(
  'sessionStorage',
) as unknown as StorageOption

/** Keeps tokens in `localStorage`: tabs share a session. */
export const browserStorage = /* @__PURE__ */ inPage(
  'localStorage',
  locked,
) as unknown as StorageOption

/** Keeps tokens in a storage of your own. */
export const storedIn = (storage: TokenStorage): StorageOption =>
  ((core: Core) => keepTokens(core, storage)) as unknown as StorageOption
