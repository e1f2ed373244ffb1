/**
 * The boundaries of ARCHITECTURE.md: arrows point down only, apps -> plugins -> core, and in core everything
 * stands on `tensor`. Type-only imports count too. `tooling/checks/test/boundaries.test.ts` plants one
 * violation of each rule and sees that it is found.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'Cycles make the order of module evaluation matter; move what both need into a third file. ' +
        'Types have no evaluation, so a cycle that a type-only import closes is harmless.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'plugin-not-to-plugin',
      comment:
        'Plugins meet in the kinds of @core/registry, never in each other. Their tests may compare them.',
      severity: 'error',
      from: { path: '^packages/plugins/([^/]+)/src/' },
      to: { path: '^packages/plugins/', pathNot: '^packages/plugins/$1/' },
    },
    {
      name: 'tensor-stands-alone',
      comment: '@core/tensor knows nothing above it.',
      severity: 'error',
      from: { path: '^packages/core/tensor/src/' },
      to: { path: '^(packages|apps|tooling|examples)/', pathNot: '^packages/core/tensor/' },
    },
    {
      name: 'core-only-on-tensor',
      comment: '@core/nn, @core/data and @core/registry stand on @core/tensor alone.',
      severity: 'error',
      from: { path: '^packages/core/(nn|data|registry)/src/' },
      to: {
        path: '^(packages|apps|tooling|examples)/',
        pathNot: ['^packages/core/$1/', '^packages/core/tensor/'],
      },
    },
    {
      name: 'nothing-on-apps',
      comment: 'Apps are the top of the house.',
      severity: 'error',
      from: { pathNot: '^apps/' },
      to: { path: '^apps/' },
    },
    {
      name: 'nothing-on-examples',
      comment: 'Examples are what strangers would write; the app finds them by discovery, not by import.',
      severity: 'error',
      from: { pathNot: '^examples/' },
      to: { path: '^examples/' },
    },
    {
      name: 'no-deep-imports',
      comment: 'Another package is imported by its name and its exports, never by a path into its folder.',
      severity: 'error',
      from: { path: '^((?:packages/)?[^/]+/[^/]+)/' },
      to: { path: '^(packages|apps|examples)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'src-not-to-test',
      comment: 'Test helpers must not end up in a package.',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '/test/' },
    },
    {
      name: 'resolvable',
      comment:
        'Every import leads somewhere: installed, declared and exported. (Types that a file refers to have no entry.)',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@webgpu/types$' },
    },
  ],
  options: {
    // Programs in examples/standalone stand outside of the workspace; `pnpm packages:check` installs what they import, and runs them.
    exclude: { path: '(^|/)(node_modules|\\.git|dist|coverage|\\.cache|examples/standalone)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@trellis/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
    },
  },
};
