/** The Khronos glTF validator brings no types of its own; this is what the tests use of it. */
declare module 'gltf-validator' {
  interface Report {
    readonly issues: {
      readonly numErrors: number
      readonly numWarnings: number
      readonly numInfos: number
      readonly messages: readonly { readonly code: string; readonly message: string; readonly pointer?: string }[]
    }
    readonly info: { readonly totalTriangleCount: number; readonly totalVertexCount: number }
  }
  export function validateBytes(data: Uint8Array): Promise<Report>
}
