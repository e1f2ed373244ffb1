import { version as packageVersion } from '../package.json';

/** Version of this package, as `requires` of plugins are matched with. */
export const version: string = packageVersion;
