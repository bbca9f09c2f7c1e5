import { accountOptions } from '../../accounts/options.ts'
import { hasMail, mailsPasswords, sendsSignInCodes } from '../../accounts/settings.ts'
import type { SectionReader } from '../../core.ts'
import type { FeaturePage } from '../../define-feature.ts'
import { smsOptions } from '../../mail/options.ts'
import { definePage } from '../../pages/define-page.ts'
import { hasPasskeys } from '../../passkeys/settings.ts'
import { secondFactorOptions } from '../../second-factors/options.ts'
import { ownPages } from '../own/pages.ts'

type At = (below: string) => string

/** The pages of signing in, and of a user who is signed in. @param at the path of a page below that of the option `pages` */
export const signInPages = (section: SectionReader, at: At): readonly FeaturePage[] => [
  definePage({
    name: 'pages.signIn',
    path: at('/sign-in/'),
    load: async () => (await import('./sign-in.ts')).signIn,
  }),
  definePage({
    name: 'pages.signOut',
    path: at('/sign-out/'),
    load: async () => (await import('./sign-out.ts')).signOut,
  }),
  definePage({
    name: 'pages.signedOut',
    path: at('/signed-out/'),
    posts: false,
    load: async () => (await import('./sign-out.ts')).signedOut,
  }),
  definePage({
    name: 'pages.continue',
    path: at('/continue/'),
    posts: false,
    load: async () => (await import('./sign-out.ts')).continuePage,
  }),
  ...(hasPasskeys(section) ? passkeyPages(section, at) : []),
  ...(section(secondFactorOptions) === undefined ? [] : secondFactorPages(at)),
  ...(section(accountOptions) === undefined ? [] : accountFlows(section, at)),
  ...ownPages(section, at),
]

const passkeyPages = (section: SectionReader, at: At): readonly FeaturePage[] => [
  definePage({
    name: 'pages.signInPasskey',
    path: at('/sign-in/passkey/'),
    load: async () => (await import('./passkey.ts')).signInPasskey,
  }),
  ...(section(secondFactorOptions) === undefined
    ? []
    : [
        definePage({
          name: 'pages.secondFactorPasskey',
          path: at('/second-factor/passkey/'),
          load: async () => (await import('./passkey.ts')).secondFactorPasskey,
        }),
      ]),
]

const secondFactorPages = (at: At): readonly FeaturePage[] => [
  definePage({
    name: 'pages.secondFactor',
    path: at('/second-factor/'),
    load: async () => (await import('./second-factor.ts')).secondFactor,
  }),
  definePage({
    name: 'pages.setUp',
    path: at('/second-factor/set-up/'),
    load: async () => (await import('./second-factor.ts')).setUp,
  }),
]

/** With the option `accounts`. */
const accountFlows = (section: SectionReader, at: At): readonly FeaturePage[] => [
  definePage({
    name: 'pages.signUp',
    path: at('/sign-up/'),
    load: async () => (await import('./sign-up.ts')).signUpPage,
  }),
  definePage({
    name: 'pages.done',
    path: at('/done/'),
    posts: false,
    load: async () => (await import('./links.ts')).donePage,
  }),
  definePage({
    name: 'pages.deleted',
    path: at('/deleted/'),
    posts: false,
    load: async () => (await import('./sign-out.ts')).deleted,
  }),
  ...(sendsSignInCodes(section) ? codePages(section, at) : []),
  ...(mailsPasswords(section) ? resetPages(at) : []),
  ...(hasMail({ section }) ? mailPages(at) : []),
]

const codePages = (section: SectionReader, at: At): readonly FeaturePage[] => [
  ...(hasMail({ section })
    ? [
        definePage({
          name: 'pages.signInMail',
          path: at('/sign-in/mail/'),
          load: async () => (await import('./mail-code.ts')).requestCode('email'),
        }),
        definePage({
          name: 'pages.login',
          path: at('/login/'),
          showsErrorsAlone: true,
          load: async () => (await import('./links.ts')).loginLink,
        }),
        definePage({
          name: 'pages.signInSent',
          path: at('/sign-in/sent/'),
          posts: false,
          load: async () => (await import('./mail-code.ts')).sentPage,
        }),
      ]
    : []),
  ...(section(smsOptions) === undefined
    ? []
    : [
        definePage({
          name: 'pages.signInPhone',
          path: at('/sign-in/phone/'),
          load: async () => (await import('./mail-code.ts')).requestCode('phone'),
        }),
      ]),
  definePage({
    name: 'pages.signInCode',
    path: at('/sign-in/code/'),
    load: async () => (await import('./mail-code.ts')).enterCode,
  }),
]

const resetPages = (at: At): readonly FeaturePage[] => [
  definePage({
    name: 'pages.forgotPassword',
    path: at('/forgot-password/'),
    load: async () => (await import('./reset-password.ts')).forgotPassword,
  }),
  definePage({
    name: 'pages.forgotSent',
    path: at('/forgot-password/sent/'),
    posts: false,
    load: async () => (await import('./reset-password.ts')).forgotSent,
  }),
  definePage({
    name: 'pages.resetPassword',
    path: at('/reset-password/'),
    load: async () => (await import('./reset-password.ts')).resetPassword,
  }),
]

/** The pages that mails link to, and those that ask for a mail again. */
const mailPages = (at: At): readonly FeaturePage[] => [
  definePage({
    name: 'pages.signUpSent',
    path: at('/sign-up/sent/'),
    posts: false,
    load: async () => (await import('./sign-up.ts')).signUpSent,
  }),
  definePage({
    name: 'pages.confirm',
    path: at('/confirm/'),
    load: async () => (await import('./sign-up.ts')).confirmAgain,
  }),
  definePage({
    name: 'pages.confirmCode',
    path: at('/confirm/code/'),
    load: async () => (await import('./sign-up.ts')).confirmCode,
  }),
  ...LINK_PAGES.map(([name, below, page]) =>
    definePage({
      name,
      path: at(below),
      showsErrorsAlone: true,
      load: async () => (await import('./links.ts'))[page],
    }),
  ),
]

const LINK_PAGES = [
  ['pages.activate', '/activate/', 'activateLink'],
  ['pages.verify', '/verify/', 'verifyLink'],
  ['pages.changeEmail', '/change-email/', 'changeEmailLink'],
  ['pages.undoEmail', '/undo-email/', 'undoEmailLink'],
] as const
