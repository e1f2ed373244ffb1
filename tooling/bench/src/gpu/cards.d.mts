export interface Peak {
  readonly gflops: number | undefined;
  readonly gbps: number | undefined;
  readonly from: string | undefined;
}
export function peakOf(
  text: string,
  given?: { readonly peakGflops?: number; readonly peakGbps?: number },
): Peak;
