import { library } from '@tooling/tsconfig/tsup';

export default library(['src/index.ts', 'src/paths.ts', 'src/plugin.ts', 'src/programs/worker.ts']);
