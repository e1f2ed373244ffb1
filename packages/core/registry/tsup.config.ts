import { library } from '@tooling/tsconfig/tsup';

export default library(['src/index.ts', 'src/checks.ts', 'src/node.ts', 'src/solve.ts', 'src/testing.ts']);
