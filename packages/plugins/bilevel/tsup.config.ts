import { library } from '@tooling/tsconfig/tsup';

export default library(['src/index.ts', 'src/plugin.ts']);
