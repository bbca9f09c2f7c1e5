import type { BrowserSessionSettings } from '../../features/browser-sessions/browser-session.ts'
import { browserSettingsIn } from '../../features/browser-sessions/scheme.ts'
import type { EndpointSettings } from '../../features/core.ts'
import type { DjRestAuthSettings } from './options.ts'

/** The settings of browser sessions, with the option `sessionLogin`. @throws AuthError `invalid_config` without `session()` */
export function browserOf(
  { sessionLogin }: DjRestAuthSettings,
  instance: EndpointSettings,
): BrowserSessionSettings | undefined {
  if (!sessionLogin) return undefined
  return browserSettingsIn(instance)
}
