import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { mount } from 'watchword/nest'
import { AppModule } from './app.module.js'
import { auth } from './auth.js'

const app = await NestFactory.create(AppModule)
mount(app, auth)
await app.listen(process.env.PORT ?? 8000, '127.0.0.1')
