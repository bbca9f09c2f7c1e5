import type { AuthRequest } from '../base/request.ts'
export const clientAddress = (request: Pick<AuthRequest, 'address' | 'header'>, _proxies: number | null): string => request.address
