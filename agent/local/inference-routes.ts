import { InferenceError, type Models, type ServingModel } from '../inference/index.ts'
import { HttpError } from './errors.ts'
import { decodeInferRequest, encodeInferResponse, type InferCall, tensorMetadata } from './open-inference.ts'
import type { LocalRequest, Reply, Route } from './routes.ts'

export interface InferenceRoutesOptions {
  readonly models: Pick<Models, 'serving' | 'versions' | 'host'>
  readonly agentVersion: string
  readonly maxBodyBytes: number
}

/** Open Inference Protocol v2 over the models that serve. */
export function inferenceRoutes({ models, agentVersion, maxBodyBytes }: InferenceRoutesOptions): Route[] {
  const isReady = (name: string) => models.versions().has(name) && models.host() !== undefined

  const find = async ({ params }: LocalRequest): Promise<ServingModel> => {
    const { name = '', version } = params
    const model = models.versions().has(name) ? await models.serving(name).catch(rethrow) : undefined
    if (model === undefined) throw unknownModel(name, models.versions())
    if (version === undefined || version === String(model.version)) return model
    const message = `model ${name} serves version ${model.version}, not ${JSON.stringify(version.slice(0, 20))}`
    throw new HttpError(404, { code: 'unknown-version', message })
  }

  const metadata = async (request: LocalRequest): Promise<Reply> => {
    const { model, version, manifest } = await find(request)
    const { inputs, outputs } = manifest
    return {
      json: {
        name: model,
        versions: [String(version)],
        platform: 'onnx',
        inputs: inputs.map(tensorMetadata),
        outputs: outputs.map(tensorMetadata),
      },
    }
  }

  const ready = ({ params }: LocalRequest): Reply => {
    const { name = '', version } = params
    const serves = models.versions().get(name)
    if (serves === undefined) throw unknownModel(name, models.versions())
    const is = isReady(name) && (version === undefined || version === String(serves))
    return { status: is ? 200 : 503, json: { name, ready: is } }
  }

  const infer = async (request: LocalRequest): Promise<Reply> => {
    const call = decodeInferRequest(await request.body(maxBodyBytes))
    try {
      return await run(await find(request), call)
    } catch (error) {
      // A switch between finding the model and running it: the new version takes the same inputs, or says that it does not.
      if (!(error instanceof HttpError && error.code === 'superseded')) throw error
      return await run(await find(request), call)
    }
  }

  const paths = ['/v2/models/{name}', '/v2/models/{name}/versions/{version}']
  return [
    {
      method: 'GET',
      path: '/v2',
      handle: () => ({ json: { name: 'storecast-agent', version: agentVersion, extensions: [] } }),
    },
    { method: 'GET', path: '/v2/health/live', open: true, handle: () => ({ json: { live: true } }) },
    {
      method: 'GET',
      path: '/v2/health/ready',
      open: true,
      handle: () => {
        const is = [...models.versions().keys()].every(isReady)
        return { status: is ? 200 : 503, json: { ready: is } }
      },
    },
    ...paths.flatMap((path): Route[] => [
      { method: 'GET', path, handle: metadata },
      { method: 'GET', path: `${path}/ready`, handle: ready },
      { method: 'POST', path: `${path}/infer`, handle: infer },
    ]),
  ]
}

async function run(model: ServingModel, call: InferCall): Promise<Reply> {
  const outputs = await model.infer(call.inputs).catch(rethrow)
  return { json: encodeInferResponse({ model: model.model, version: model.version, call, outputs }) }
}

/** What an inference error is in HTTP: the caller's to correct, or to ask again later. */
const statusOf: Readonly<Record<InferenceError['code'], 400 | 404 | 429 | 503>> = {
  'bad-tensor': 400,
  'run-failed': 400,
  'no-model': 404,
  superseded: 503,
  busy: 429,
  'host-start': 503,
  'host-ended': 503,
  timeout: 503,
}

function rethrow(error: unknown): never {
  if (!(error instanceof InferenceError)) throw error
  const { code, message } = error
  const status = statusOf[code]
  const headers = status === 429 || status === 503 ? { 'retry-after': '1' } : {}
  throw new HttpError(status, { code, message, headers }, { cause: error })
}

function unknownModel(name: string, versions: ReadonlyMap<string, number>): HttpError {
  const known = versions.size > 0 ? `it has ${[...versions.keys()].join(', ')}` : 'none has come from the cloud yet'
  const message = `this device has no model ${JSON.stringify(name.slice(0, 64))}: ${known}`
  return new HttpError(404, { code: 'unknown-model', message })
}
