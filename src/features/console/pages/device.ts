import { deviceOf } from '../../../pages/device.ts'

/** The device of a session, such as "Firefox on Linux". */
export function deviceText(userAgent: string | undefined): string {
  const { program, system } = deviceOf(userAgent)
  if (program !== undefined && system !== undefined) return `${program} on ${system}`
  return program ?? system ?? 'unknown device'
}
