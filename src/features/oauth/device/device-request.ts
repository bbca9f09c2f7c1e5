import { after, minutes, type UnixSeconds } from '../../../base/clock.ts'
import { hexId } from '../../../base/random.ts'
import type { CodeDigest, CodeId, PresentedCode, StoredCode } from '../../codes/code.ts'
import type { Core } from '../../core.ts'
import type { UserVisit } from '../../pages/visit.ts'
import type { CodeGrant } from '../grant-code.ts'

/** What a device asks for, stored with its code. It contains no secret. */
export type DeviceRequest = {
  readonly client: string
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  /** Of the device: shown to the user. */
  readonly address: string | undefined
}

// Written by `answerDeviceAuthorization` alone.
export const requestOf = ({ payload }: StoredCode): DeviceRequest =>
  payload as DeviceRequest

/** What a user has allowed a device. */
export type DeviceGrant = Pick<CodeGrant, 'client' | 'scopes' | 'audiences' | 'browser'>

/** The row of the request of a device. */
export const presentedRequest = (digest: CodeDigest): PresentedCode => ({
  purpose: 'oauth_device',
  form: 'link',
  target: undefined,
  digests: [digest],
})

/** The row of the user's approval of it: the same code finds both. */
export const presentedApproval = (digest: CodeDigest): PresentedCode => ({
  ...presentedRequest(digest),
  purpose: 'oauth_device_grant',
})

export const isPending = (
  { redeemedAt, expiresAt }: StoredCode,
  now: UnixSeconds,
): boolean => redeemedAt === undefined && now < expiresAt

/** How long a device has to fetch its tokens once the user has agreed. */
const APPROVAL_LIFETIME = minutes(5)

/** The approval of a request, which is void once the user changes. */
export function approvalOf(
  asked: StoredCode,
  { visitor: { user, session } }: UserVisit,
  { clock, random }: Core,
): StoredCode {
  const now = clock()
  const { client, scopes, audiences } = requestOf(asked)
  const payload: DeviceGrant = { client, scopes, audiences, browser: session.id }
  return {
    id: hexId(random) as CodeId,
    purpose: 'oauth_device_grant',
    form: 'link',
    target: asked.id,
    user,
    digest: asked.digest,
    payload,
    attempts: 0,
    maxAttempts: undefined,
    createdAt: now,
    expiresAt: after(now, APPROVAL_LIFETIME),
    redeemedAt: undefined,
  }
}
