import type { DatabaseSync } from 'node:sqlite'
import type { JsonObject } from './recording.ts'
import { Unplayable } from './tracked.ts'

/** The step `application`. */
export function putApplication(db: DatabaseSync, id: string, set: JsonObject): void {
  for (const [member, value] of Object.entries(set)) {
    // Every origin may use the token endpoint with `cors`, an option of adapters.
    if (member === 'allowed_origins') continue
    if (member !== 'post_logout_redirect_uris')
      throw new Unplayable(`the member ${member} of an application`)
    db.prepare('update clients set post_logout_redirect_uris = ? where id = ?').run(
      JSON.stringify(String(value).split(' ')),
      id,
    )
  }
}
