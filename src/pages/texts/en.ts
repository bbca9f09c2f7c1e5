import type { CommonTexts } from './common.ts'

export const en: CommonTexts = {
  common: {
    skip: 'Skip to content',
    menu: 'Menu',
    error: 'Error: ',
    problem: 'There is a problem',
    continue: 'Continue',
    back: 'Back',
    or: 'or',
    code: 'Code',
    empty: 'There is nothing here yet.',
    newer: 'Newer',
    older: 'Older',
    pages: 'Pages',
    copy: 'Copy',
    copied: 'Copied',
    toSignIn: 'Go to sign in',
    retry: 'Try again',
    goTo: (site) => `Go to ${site}`,
    retryAt: (length, moment) => `Try again in ${length}, at ${moment}.`,
    retryNow: 'You can try again now.',
    reference: 'If you ask for help, give this reference:',
  },
  errors: {
    badRequest: {
      title: 'This request cannot be read',
      text: 'Go back, and send the form again.',
    },
    invalidLink: {
      title: 'This link does not work',
      text: 'It was used already, or it is too old. Links work once. Ask for a new one.',
    },
    forbidden: {
      title: 'You may not open this page',
      text: 'Your account does not have the permission. Sign in with another account, or ask an administrator.',
    },
    outdatedForm: {
      title: 'This form is out of date',
      text: 'Nothing was changed. Open the page again, and send the form once more. Cookies must be allowed for this site.',
    },
    notFound: {
      title: 'There is no such page',
      text: 'Check the address, or go back to where you came from.',
    },
    method: {
      title: 'This page cannot be used this way',
      text: 'Open it from its link.',
    },
    tooLarge: {
      title: 'The form is too large',
      text: 'Send less text.',
    },
    mediaType: {
      title: 'This page takes forms only',
      text: 'Send the form that the page shows.',
    },
    throttled: {
      title: 'Too many attempts',
      text: 'This protects the accounts from guessing.',
    },
    unavailable: {
      title: 'This does not work at the moment',
      text: 'Nothing was changed.',
    },
    server: {
      title: 'Something on our side failed',
      text: 'The failure was recorded. Try again later.',
    },
  },
}
