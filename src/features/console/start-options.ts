import { startOptions } from '../../command/start-options.ts'

/** The option `--console` of `start`. */
export const consoleStart = startOptions({
  options: {
    console: {
      type: 'boolean',
      help: 'a console for staff, below /console; default: WATCHWORD_CONSOLE=1, or none',
    },
  },
  read: ({ console = false }, { env }) =>
    console || env.WATCHWORD_CONSOLE === '1' ? { console: true } : {},
})
