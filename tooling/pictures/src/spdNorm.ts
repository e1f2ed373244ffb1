import { spdGeodesicsReport, type SpdGeodesicsOptions } from '@plugins/spd-norm';
import type { Files } from './pages.js';

/** Ends of the geodesics by the picture's name: two long ellipses that cross, and two that are nearly lines. */
const ends: Readonly<Record<string, SpdGeodesicsOptions>> = {
  geodesics: {},
  'geodesics-ill-conditioned': {
    from: [[4, 0], [0, 1e-4]], // prettier-ignore
    to: [[1.00005, 0.99995], [0.99995, 1.00005]], // prettier-ignore
  },
};

/** The pictures of spd-norm's pages. */
export async function spdNormPictures(): Promise<Files> {
  const files = new Map<string, string>();
  for (const [name, options] of Object.entries(ends)) {
    // The report looks at no run.
    const made = await spdGeodesicsReport(options)({} as never);
    for (const { path, content } of made)
      if (path.endsWith('.svg')) files.set(`docs/pictures/${name}.svg`, String(content));
  }
  return files;
}
