import type { Values } from '../command/command.ts'

export const ADDRESSES = {
  email: { type: 'string', value: 'EMAIL', help: 'the email address' },
  'email-verified': {
    type: 'boolean',
    help: 'the user is known to receive mail there',
  },
  phone: { type: 'string', value: 'NUMBER', help: 'such as +351912345678' },
  'phone-verified': {
    type: 'boolean',
    help: 'the user is known to receive messages there',
  },
} as const

/** The addresses that the options name. */
export const addressesIn = (values: Values<typeof ADDRESSES>) => ({
  ...(values.email !== undefined && { email: values.email }),
  ...(values['email-verified'] === true && { emailVerified: true }),
  ...(values.phone !== undefined && { phone: values.phone }),
  ...(values['phone-verified'] === true && { phoneVerified: true }),
})

export const PASSWORD_STDIN = {
  'password-stdin': {
    type: 'boolean',
    help: 'read the password from standard input, on a terminal too',
  },
} as const

/** A paragraph for the help of commands that take a password. */
export const PASSWORD = `On a terminal, the password is asked for twice and not shown. Otherwise it is read from standard input. It is never an option, because
other users of this machine can read those.`
