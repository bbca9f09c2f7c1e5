/** The secret of every server that `startServer` starts. */
export const SECRET = 'not secret: every server of these tests has it'
