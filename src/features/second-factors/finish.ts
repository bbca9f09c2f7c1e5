import { setCookies } from '../../http/cookies.ts'
import type { Answers } from '../../http/description.ts'
import { flag, type Properties, text } from '../../http/json-schema.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import type { AuthRequest } from '../../http/request.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { Core, SectionReader } from '../core.ts'
import { deliverSignIn } from '../token-cookies/deliver.ts'
import { inCookies, signInAnswer } from '../tokens/token-answers.ts'
import { deviceCookie, rememberDevice } from './devices.ts'
import { remembersDevices } from './options.ts'
import type { FinishedSignIn } from './sign-in.ts'

/**
 * The answer to a second step: tokens, recovery codes with a first factor, and if the client asks for it (`remember_device: true`) a
 * device token. With tokens in cookies that is a cookie, too.
 *
 * @throws AuthError `csrf_failed`, `invalid`, and what `finish` throws
 */
export async function deliverSecondStep(
  {
    request,
    body,
  }: { readonly request: AuthRequest; readonly body?: ParsedBody | undefined },
  core: Core,
  finish: () => Promise<FinishedSignIn>,
): Promise<object> {
  const remembers = remembersDevice(body)
  const cookies: string[] = []
  return deliverSignIn(
    request,
    core,
    async () => {
      const { result, user, recoveryCodes } = await finish()
      const token = remembers ? await rememberDevice(user, request, core) : undefined
      const { tokenCookies } = core
      if (token !== undefined && tokenCookies !== undefined)
        cookies.push(deviceCookie(token, request, tokenCookies, core))
      return {
        ...result,
        ...(recoveryCodes !== undefined && { recovery_codes: recoveryCodes }),
        ...(token !== undefined && cookies.length === 0 && { device_token: token }),
      }
    },
    () => setCookies(cookies),
  )
}

/** A form sends `"true"`. @throws AuthError `invalid` */
function remembersDevice(body: ParsedBody | undefined): boolean {
  const value = body?.values.get('remember_device') ?? false
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw fieldError({ remember_device: ['Must be a valid boolean.'] })
}

/** What a second step takes besides its own members. */
export function secondStepBody(section: SectionReader): Properties {
  if (!remembersDevices(section)) return {}
  return {
    remember_device: flag('Whether sign-ins on this device need no second factor.'),
  }
}

/** The answer to a second step. @param more members that it has besides the tokens */
export function secondStepAnswer(section: SectionReader, more: Properties = {}): Answers {
  if (remembersDevices(section) && !inCookies(section))
    return signInAnswer(section, { ...more, device_token: DEVICE_TOKEN }, [
      'device_token',
    ])
  return signInAnswer(section, more)
}

const DEVICE_TOKEN = text(
  'With `remember_device`: send it in the header `X-Device-Token` of later sign-ins.',
)
