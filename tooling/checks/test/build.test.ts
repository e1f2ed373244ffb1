import { withDynamicImports } from '@tooling/tsconfig/tsup';
import { describe, expect, test } from 'vitest';

const required = (argument: string) =>
  `Promise.resolve().then(() => _interopRequireWildcard(require(${argument})))`;

describe('withDynamicImports', () => {
  test('our own chunks and named packages stay with require', () => {
    const code = `load: () => ${required('"./adam-MHSRW5TH.cjs"')}, other: ${required("'yaml'")}`;
    expect(withDynamicImports(code)).toBe(code);
  });

  test('a computed address gets its import() back', () => {
    const code = `a(await ${required('url(one(2), ")")')}); b(${required('path')});`;
    expect(withDynamicImports(`x; ${required('"./c.cjs"')}; ${code}`)).toBe(
      `x; ${required('"./c.cjs"')}; a(await import(url(one(2), ")"))); b(import(path));`,
    );
  });

  test('code without any is left as it is', () => {
    expect(withDynamicImports('exports.a = 1;')).toBe('exports.a = 1;');
  });
});
