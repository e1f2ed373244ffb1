import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  childSchema,
  isStandardSchema,
  jsonSchemaOf,
  kindAt,
  knownKeys,
  nested,
  optionsOf,
  typeText,
  whyNoJsonSchema,
  type JsonSchema,
} from '../src/schema.js';
import { validateConfig } from '../src/validate.js';

const json = (schema: z.ZodType): JsonSchema => {
  const found = jsonSchemaOf(schema);
  if (found === undefined) throw new Error(whyNoJsonSchema(schema));
  return found;
};
const text = (schema: z.ZodType): string => typeText(json(schema), json(schema));

describe('isStandardSchema', () => {
  it('takes schemas and nothing else', () => {
    expect(isStandardSchema(z.object({}))).toBe(true);
    expect(
      [null, {}, 3, () => 1, { '~standard': null }, { '~standard': { version: 2, validate: () => 1 } }].some(
        isStandardSchema,
      ),
    ).toBe(false);
  });
});

describe('typeText', () => {
  it.each([
    [z.number(), 'number'],
    [z.number().positive().max(1), 'number > 0 and <= 1'],
    [z.int(), 'integer'],
    [z.enum(['same', 'valid']), "'same' | 'valid'"],
    [z.literal(3), '3'],
    [z.boolean().nullable(), 'boolean | null'],
    [z.array(z.int().min(1)), 'array of integer >= 1'],
    [z.looseObject({ use: z.string() }), 'component'],
    [z.looseObject({ use: z.string() }).meta(nested('schedule')), 'schedule component'],
    [z.union([z.number(), z.string()]), 'number | string'],
    [z.unknown(), 'value'],
  ])('%#: says what fits', (schema, wanted) => {
    expect(text(schema)).toBe(wanted);
  });
});

describe('keys', () => {
  const known = (schema: z.ZodType): readonly string[] | undefined => knownKeys(json(schema), json(schema));

  it('are known in closed objects and unknown in open ones', () => {
    expect(known(z.object({ a: z.number(), b: z.number() }))).toEqual(['a', 'b']);
    expect(known(z.strictObject({}))).toEqual([]);
    expect(known(z.looseObject({ a: z.number() }))).toBeUndefined();
    expect(known(z.record(z.string(), z.number()))).toBeUndefined();
    expect(known(z.unknown())).toBeUndefined();
  });

  it('of alternatives are put together', () => {
    const either = z.union([z.object({ a: z.number() }), z.object({ b: z.number() }), z.number()]);
    expect(known(either)).toEqual(['a', 'b']);
    expect(known(z.intersection(z.object({ a: z.number() }), z.object({ b: z.number() })))).toEqual([
      'a',
      'b',
    ]);
  });

  it('lead to the schemas below them, also through references', () => {
    const root: JsonSchema = {
      type: 'object',
      properties: { inner: { $ref: '#/$defs/place' } },
      ...{ $defs: { place: { type: 'object', ...nested('optimizer') } } },
    };
    const inner = childSchema(root, 'inner', root);
    expect(kindAt(inner, root)).toBe('optimizer');
    expect(childSchema(root, 'other', root)).toBeUndefined();
    const loop: JsonSchema = { properties: { next: { $ref: '#' } } };
    expect(knownKeys({ $ref: '#' }, loop)).toEqual(['next']);
    expect(knownKeys({ $ref: '#/nowhere' }, loop)).toBeUndefined();
  });
});

describe('optionsOf', () => {
  it('lists options in order, with defaults and descriptions', () => {
    const schema = json(
      z.object({ a: z.number().default(1).describe('First.'), b: z.string(), c: z.string().optional() }),
    );
    expect(optionsOf(schema)).toEqual([
      { name: 'a', type: 'number', description: 'First.', default: 1, required: false },
      { name: 'b', type: 'string', required: true },
      { name: 'c', type: 'string', required: false },
    ]);
  });
});

describe('jsonSchemaOf', () => {
  it('says why there is none', () => {
    expect(jsonSchemaOf(z.date())).toBeUndefined();
    expect(whyNoJsonSchema(z.date())).toMatch(/Date cannot be represented/);
  });
});

describe('validateConfig', () => {
  const check = async (schema: z.ZodType, config: unknown): Promise<unknown> => {
    const result = await validateConfig(schema, config, ['it'], 'x/it');
    return 'value' in result
      ? result.value
      : result.problems.map(({ path, message }) => `${path}: ${message}`);
  };

  it('fills in defaults', async () => {
    expect(await check(z.object({ a: z.number().default(1) }), {})).toEqual({ a: 1 });
  });

  it('refuses unknown keys at any depth, once, whatever the schema makes of them', async () => {
    const inner = z.object({ rate: z.number().default(1) });
    expect(await check(z.object({ list: z.array(inner) }), { list: [{}, { rats: 2 }] })).toEqual([
      'it.list[1].rats: no such option of x/it; did you mean rate?',
    ]);
    expect(await check(z.strictObject({ rate: z.number().default(1) }), { rats: 2 })).toEqual([
      'it.rats: no such option of x/it; did you mean rate?',
    ]);
    expect(await check(z.strictObject({}), { rats: 2 })).toEqual([
      'it.rats: no such option of x/it; it has no options',
    ]);
    expect(await check(z.record(z.string(), z.number()), { anything: 2 })).toEqual({ anything: 2 });
  });

  it('says what was got and what fits', async () => {
    const schema = z.object({ mode: z.enum(['same', 'valid']), size: z.union([z.int(), z.array(z.int())]) });
    expect(await check(schema, { mode: 'vaild', size: 'big' })).toEqual([
      'it.mode: Invalid option: expected one of "same"|"valid", got "vaild"; did you mean valid?',
      'it.size: Invalid input; it takes integer | array of integer, got "big"',
    ]);
    expect(await check(schema, 3)).toEqual(['it: expected object, got 3']);
    expect(await check(schema, { mode: 'same' })).toEqual([
      'it.size: Invalid input; it takes integer | array of integer, but it is missing',
    ]);
  });

  it('waits for checks that take their time', async () => {
    const slow = z.object({ n: z.number().refine((n) => Promise.resolve(n > 0), 'must be positive') });
    expect(await check(slow, { n: -1 })).toEqual(['it.n: must be positive; it takes number, got -1']);
  });
});
