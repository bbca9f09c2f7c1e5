/** What an action did, by the code of its notice. */
export interface Done {
  readonly code: UserNotice
  /** Where to go on, if not to the user. */
  readonly path?: string
  readonly cookies?: readonly string[]
}

/** The notices of the page of a user. */
export const USER_NOTICES = {
  created: 'The user was created.',
  saved: 'The changes were saved.',
  activated: 'The user was activated.',
  deactivated: 'The user was deactivated, and all sessions were revoked.',
  resetSent: 'A link to choose a new password was mailed.',
  passwordSet: 'The new password works now. All sessions were revoked.',
  verificationSent: 'A mail with which the user confirms the address was sent.',
  verified: 'The address counts as verified.',
  sessionRevoked: 'The session was revoked.',
  sessionsRevoked: 'All sessions were revoked.',
  tokenRevoked: 'The API token was revoked.',
  factorsReset: 'The second factors and the recovery codes were removed.',
  deleted: '',
  impersonated: '',
} as const

type UserNotice = keyof typeof USER_NOTICES
