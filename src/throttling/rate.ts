import { type Seconds, seconds } from '../base/clock.ts'
export type Rate = `${number}/${string}`
export interface Limit { readonly limit: number; readonly per: Seconds }
export const parseRate = (text: string): Limit => ({ limit: Number(text.split('/')[0]), per: seconds(60) })
