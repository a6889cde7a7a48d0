import { parentPort } from 'node:worker_threads'
import { GeometryRefusal } from '../refusal.ts'
import { type Job, runJob } from './job.ts'

/** The far side of `inThread`: one job after another, with its steps as messages. */
parentPort?.on('message', (job: Job) => void work(job))

async function work(job: Job) {
  try {
    const outcome = await runJob(job, (step, share) => parentPort?.postMessage({ step, share }))
    const buffers = [...new Set(Object.values(outcome.files).map((file) => file.buffer as ArrayBuffer))]
    parentPort?.postMessage({ outcome }, buffers)
  } catch (error) {
    if (error instanceof GeometryRefusal) {
      parentPort?.postMessage({ refusal: { code: error.code, message: error.message, details: error.details } })
    } else {
      const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
      parentPort?.postMessage({ failure: { message, stack } })
    }
  }
}
