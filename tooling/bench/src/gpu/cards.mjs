/**
 * Peaks that the makers state: 10^9 float32 operations a second outside tensor cores, and 10^9 bytes a second of memory. The
 * first pattern that fits counts, so what is more special comes first.
 */
const cards = [
  [/H200/, 66_900, 4800],
  [/H100.*NVL/, 60_000, 3900],
  [/H100.*PCIe/, 51_200, 2000],
  [/H100|GH200/, 66_900, 3350],
  [/A100.*80 ?GB/, 19_500, 2039],
  [/A100/, 19_500, 1555],
  [/V100/, 15_700, 900],
  [/L40S/, 91_600, 864],
  [/\bL40\b/, 90_500, 864],
  [/\bL4\b/, 30_300, 300],
  [/\bT4\b/, 8100, 320],
  [/RTX A6000/, 38_700, 768],
  [/\bA10G?\b/, 31_200, 600],
  [/RTX 5090/, 104_800, 1792],
  [/RTX 5080/, 56_300, 960],
  [/RTX 4090/, 82_600, 1008],
  [/RTX 4080 SUPER/, 52_200, 736],
  [/RTX 4080/, 48_700, 717],
  [/RTX 4070 Ti/, 40_100, 504],
  [/RTX 4070/, 29_100, 504],
  [/RTX 4060/, 15_100, 272],
  [/RTX 3090/, 35_600, 936],
  [/RTX 3080/, 29_800, 760],
  [/RTX 3070/, 20_300, 448],
  [/RTX 3060/, 12_700, 360],
  [/RTX 2080 Ti/, 13_400, 616],
  [/MI300X/, 163_400, 5300],
  [/RX 7900 XTX/, 61_400, 960],
  [/RX 6900 XT/, 23_000, 512],
  [/RX 6800 XT/, 20_700, 512],
  [/Arc.*A770/, 19_700, 560],
  [/Arc.*B580/, 13_700, 456],
  [/Apple M1 Max/, 10_400, 400],
  [/Apple M1 Pro/, 5200, 200],
  [/Apple M1\b/, 2600, 68],
  [/Apple M2 Max/, 13_600, 400],
  [/Apple M2 Pro/, 6800, 200],
  [/Apple M2\b/, 3600, 100],
];

/** The peaks of the card that a text names, those given first; `from` says where they are from. */
export function peakOf(text, { peakGflops, peakGbps } = {}) {
  const [, gflops, gbps] = cards.find(([pattern]) => pattern.test(text)) ?? [];
  return {
    gflops: peakGflops ?? gflops,
    gbps: peakGbps ?? gbps,
    from: peakGflops !== undefined || peakGbps !== undefined ? 'the command line' : gflops && 'the maker',
  };
}
