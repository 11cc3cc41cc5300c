// The library's dependency injection asks for the polyfill before it is loaded.
import 'reflect-metadata'

export * from '@peculiar/x509'
