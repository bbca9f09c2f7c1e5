import { hash } from 'node:crypto'
import type * as WebAuthn from '@simplewebauthn/server'
import { listIf } from '../../base/optional.ts'
import { optionalPeer } from '../../base/optional-peer.ts'
import type { UserId } from '../../users/user.ts'
import type { Credential, PasskeyRecord } from '../second-factors/credential.ts'
import type { AssertionJson, RegistrationJson } from './credential-json.ts'
import type { RelyingParty } from './settings.ts'

/** @throws AuthError `invalid_config` if the package is not installed */
export const webAuthn = (): Promise<typeof WebAuthn> =>
  optionalPeer('@simplewebauthn/server', 'The option "passkeys"')

/** The user's id for authenticators. It contains no personal data (WebAuthn Level 3 §14.6.1). */
export const userHandle = (userId: UserId): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hash('sha256', `passkey user ${userId}`, 'buffer'))

const bytes = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(base64url, 'base64url'))

export interface NewPasskeyInput {
  readonly challenge: string
  readonly userId: UserId
  /** What the user sees when there are several. */
  readonly userName: string
  /** The passkeys that the user has: an authenticator makes no second one. */
  readonly existing: readonly PasskeyRecord[]
}

/** `PublicKeyCredentialCreationOptionsJSON` */
export async function creationOptions(
  { challenge, userId, userName, existing }: NewPasskeyInput,
  { name, id, userVerification }: RelyingParty,
): Promise<object> {
  const { generateRegistrationOptions } = await webAuthn()
  return generateRegistrationOptions({
    rpName: name,
    rpID: id,
    userName,
    userDisplayName: userName,
    userID: userHandle(userId),
    challenge: bytes(challenge),
    timeout: TIMEOUT,
    excludeCredentials: existing.map(descriptorOf),
    authenticatorSelection: { residentKey: 'required', userVerification },
    ...ALGORITHMS,
  })
}

/**
 * EdDSA, ES256 and RS256 (RFC 9053 §2). Left to itself the library asks Node.js for ML-DSA, which prints a warning that it is
 * experimental.
 */
const ALGORITHMS = { supportedAlgorithmIDs: [-8, -7, -257] }

/** Milliseconds: as long as a challenge lives. */
const TIMEOUT = 300_000

/** `PublicKeyCredentialRequestOptionsJSON`. @param allowed none: the user chooses among all of this domain */
export async function requestOptions(
  challenge: string,
  allowed: readonly PasskeyRecord[],
  { id, userVerification }: RelyingParty,
): Promise<object> {
  const { generateAuthenticationOptions } = await webAuthn()
  return generateAuthenticationOptions({
    rpID: id,
    challenge: bytes(challenge),
    timeout: TIMEOUT,
    allowCredentials: allowed.map(descriptorOf),
    userVerification,
  })
}

const descriptorOf = ({ credentialId, transports }: PasskeyRecord) => ({
  id: credentialId,
  transports: [...transports],
})

export interface VerifiedRegistration {
  readonly passkey: PasskeyRecord
  readonly counter: number
  /** Whether the authenticator has verified its user. */
  readonly isUserVerified: boolean
}

/**
 * Verifies the answer of an authenticator that has made a passkey (WebAuthn Level 3 §7.1).
 *
 * @returns why not, if it is not right
 */
export async function verifyRegistration(
  response: RegistrationJson,
  challenge: string,
  party: RelyingParty,
): Promise<VerifiedRegistration | string> {
  const { verifyRegistrationResponse } = await webAuthn()
  return reasonIfRefused(async () => {
    const { registrationInfo } = await verifyRegistrationResponse({
      // The library checks the rest of what a client may have sent.
      response: { ...response, clientExtensionResults: {} } as never,
      ...expected(challenge, party),
      ...ALGORITHMS,
    })
    if (registrationInfo === undefined) return 'the attestation is wrong'
    const { credential, aaguid, credentialDeviceType, credentialBackedUp, userVerified } =
      registrationInfo
    return {
      passkey: {
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        transports: response.response.transports ?? [],
        aaguid,
        isSyncable: credentialDeviceType === 'multiDevice',
        isBackedUp: credentialBackedUp,
      },
      counter: credential.counter,
      isUserVerified: userVerified,
    }
  })
}

/** How such a passkey has authenticated its user: values of `amr`. */
export const methodsOf = (
  { isSyncable }: Pick<PasskeyRecord, 'isSyncable'>,
  { isUserVerified }: Pick<VerifiedAssertion, 'isUserVerified'>,
): readonly string[] => [
  // A synced key is in software on several devices (RFC 8176 §2).
  isSyncable ? 'swk' : 'hwk',
  ...listIf(isUserVerified, 'user'),
]

export interface VerifiedAssertion {
  readonly counter: number
  /** Whether the authenticator has verified its user. */
  readonly isUserVerified: boolean
}

/**
 * Verifies the signature of a passkey (WebAuthn Level 3 §7.2), and all but its counter, which the caller stores by one conditional
 * statement.
 *
 * @returns why not, if it is not right
 */
export async function verifyAssertion(
  response: AssertionJson,
  challenge: string,
  { passkey }: { readonly passkey: PasskeyRecord },
  party: RelyingParty,
): Promise<VerifiedAssertion | string> {
  const { verifyAuthenticationResponse } = await webAuthn()
  return reasonIfRefused(async () => {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {} } as never,
      ...expected(challenge, party),
      // 0: a regress counts only if the signature is right, which the library checks later.
      credential: { id: response.id, publicKey: bytes(passkey.publicKey), counter: 0 },
    })
    if (!verified) return 'the signature is wrong'
    const { newCounter, userVerified } = authenticationInfo
    return { counter: newCounter, isUserVerified: userVerified }
  })
}

const expected = (
  expectedChallenge: string,
  { id, origins, userVerification }: RelyingParty,
) => ({
  expectedChallenge,
  expectedOrigin: [...origins],
  expectedRPID: id,
  requireUserVerification: userVerification === 'required',
})

/** The library throws if an answer is wrong, and for no other reason. */
async function reasonIfRefused<Result>(
  verify: () => Promise<Result>,
): Promise<Result | string> {
  try {
    return await verify()
  } catch (error) {
    if (error instanceof Error) return error.message
    return 'the library has refused it'
  }
}

export type PasskeyCredential = Credential & { readonly passkey: PasskeyRecord }

export const isPasskeyCredential = (
  credential: Credential,
): credential is PasskeyCredential =>
  credential.kind === 'passkey' &&
  credential.passkey !== undefined &&
  credential.confirmedAt !== undefined
