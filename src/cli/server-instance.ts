import type { CommandContext } from '../command/context.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { featureOptionsOf, OF_FEATURES } from './feature-options.ts'
import { FIELDS, fieldsOf } from './fields-option.ts'
import { ISSUER, issuerOf } from './issuer-options.ts'
import { serverOptions } from './open-instance.ts'
import { PUBLIC_URL, urlOf } from './url-option.ts'

/** The options of `start` that say which endpoints it has. */
export const SERVER_OPTIONS = { ...ISSUER, ...OF_FEATURES, ...PUBLIC_URL, ...FIELDS }

/** The instance that `start` would serve with these options. It is never opened. @throws UsageError */
export async function serverInstance(
  values: object,
  context: CommandContext,
): Promise<Watchword<User>> {
  const { watchword } = await import('../watchword.ts')
  const options = {
    ...featureOptionsOf(values, context),
    ...issuerOf(values, context),
    ...urlOf(values, context),
    ...fieldsOf(values, context),
  }
  return watchword({ database: 'sqlite::memory:', ...(await serverOptions(options)) })
}
