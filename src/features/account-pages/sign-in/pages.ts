import {
  hasAccounts,
  hasAccountsAndMail,
  hasMail,
  mailsPasswords,
  sendsSignInCodes,
} from '../../accounts/settings.ts'
import type { SectionReader } from '../../core.ts'
import type { FeaturePage } from '../../define-feature.ts'
import { smsOptions } from '../../mail/options.ts'
import { definePage, type PageHandlers } from '../../pages/define-page.ts'
import { hasPasskeys } from '../../passkeys/settings.ts'
import { hasSecondFactors } from '../../second-factors/options.ts'
import { ownPages } from '../own/pages.ts'

type At = (below: string) => string

/** The pages of signing in, and of a user who is signed in. @param at the path of a page below that of the option `pages` */
export const signInPages = (section: SectionReader, at: At): readonly FeaturePage[] => [
  ...GROUPS.filter(([isOn]) => isOn(section)).flatMap(([, group]) =>
    group.map(([name, below, load, more]) =>
      definePage({ name: `pages.${name}`, path: at(below), load, ...more }),
    ),
  ),
  ...ownPages(section, at),
]

type Row = readonly [
  name: string,
  below: string,
  load: () => Promise<PageHandlers>,
  more?: { readonly posts?: false; readonly showsErrorsAlone?: true },
]

const ONLY_SHOWN = { posts: false } as const

/** A page that a mail links to. */
const OF_A_LINK = { showsErrorsAlone: true } as const

const alwaysPages: readonly Row[] = [
  ['signIn', '/sign-in/', async () => (await import('./sign-in.ts')).signIn],
  ['signOut', '/sign-out/', async () => (await import('./sign-out.ts')).signOut],
  [
    'signedOut',
    '/signed-out/',
    async () => (await import('./sign-out.ts')).signedOut,
    ONLY_SHOWN,
  ],
  [
    'continue',
    '/continue/',
    async () => (await import('./sign-out.ts')).continuePage,
    ONLY_SHOWN,
  ],
]

const passkeyPages: readonly Row[] = [
  [
    'signInPasskey',
    '/sign-in/passkey/',
    async () => (await import('./passkey.ts')).signInPasskey,
  ],
]

const secondFactorPages: readonly Row[] = [
  [
    'secondFactor',
    '/second-factor/',
    async () => (await import('./second-factor.ts')).secondFactor,
  ],
  [
    'setUp',
    '/second-factor/set-up/',
    async () => (await import('./second-factor.ts')).setUp,
  ],
]

const secondPasskeyPages: readonly Row[] = [
  [
    'secondFactorPasskey',
    '/second-factor/passkey/',
    async () => (await import('./passkey.ts')).secondFactorPasskey,
  ],
]

const accountPages: readonly Row[] = [
  ['signUp', '/sign-up/', async () => (await import('./sign-up.ts')).signUpPage],
  ['done', '/done/', async () => (await import('./links.ts')).donePage, ONLY_SHOWN],
  [
    'deleted',
    '/deleted/',
    async () => (await import('./sign-out.ts')).deleted,
    ONLY_SHOWN,
  ],
]

const codePages: readonly Row[] = [
  [
    'signInCode',
    '/sign-in/code/',
    async () => (await import('./mail-code.ts')).enterCode,
  ],
]

const mailCodePages: readonly Row[] = [
  [
    'signInMail',
    '/sign-in/mail/',
    async () => (await import('./mail-code.ts')).requestCode('email'),
  ],
  ['login', '/login/', async () => (await import('./links.ts')).loginLink, OF_A_LINK],
  [
    'signInSent',
    '/sign-in/sent/',
    async () => (await import('./mail-code.ts')).signInSent,
    ONLY_SHOWN,
  ],
]

const smsCodePages: readonly Row[] = [
  [
    'signInPhone',
    '/sign-in/phone/',
    async () => (await import('./mail-code.ts')).requestCode('phone'),
  ],
]

const resetPages: readonly Row[] = [
  [
    'forgotPassword',
    '/forgot-password/',
    async () => (await import('./reset-password.ts')).forgotPassword,
  ],
  [
    'forgotSent',
    '/forgot-password/sent/',
    async () => (await import('./reset-password.ts')).forgotSent,
    ONLY_SHOWN,
  ],
  [
    'resetPassword',
    '/reset-password/',
    async () => (await import('./reset-password.ts')).resetPassword,
  ],
]

/** The pages that mails link to, and those that ask for a mail again. */
const mailPages: readonly Row[] = [
  [
    'signUpSent',
    '/sign-up/sent/',
    async () => (await import('./confirm.ts')).signUpSent,
    ONLY_SHOWN,
  ],
  ['confirm', '/confirm/', async () => (await import('./confirm.ts')).confirmAgain],
  [
    'confirmCode',
    '/confirm/code/',
    async () => (await import('./confirm.ts')).confirmCode,
  ],
  [
    'activate',
    '/activate/',
    async () => (await import('./links.ts')).activateLink,
    OF_A_LINK,
  ],
  ['verify', '/verify/', async () => (await import('./links.ts')).verifyLink, OF_A_LINK],
  [
    'changeEmail',
    '/change-email/',
    async () => (await import('./links.ts')).changeEmailLink,
    OF_A_LINK,
  ],
  [
    'undoEmail',
    '/undo-email/',
    async () => (await import('./links.ts')).undoEmailLink,
    OF_A_LINK,
  ],
]

const sendsCodes = (section: SectionReader): boolean =>
  hasAccounts(section) && sendsSignInCodes(section)

/** The pages, each with the option that it needs. */
const GROUPS: readonly (readonly [
  isOn: (section: SectionReader) => boolean,
  group: readonly Row[],
])[] = [
  [() => true, alwaysPages],
  [hasPasskeys, passkeyPages],
  [hasSecondFactors, secondFactorPages],
  [(section) => hasPasskeys(section) && hasSecondFactors(section), secondPasskeyPages],
  [hasAccounts, accountPages],
  [sendsCodes, codePages],
  [(section) => sendsCodes(section) && hasMail({ section }), mailCodePages],
  [(section) => sendsCodes(section) && section(smsOptions) !== undefined, smsCodePages],
  [mailsPasswords, resetPages],
  [hasAccountsAndMail, mailPages],
]
