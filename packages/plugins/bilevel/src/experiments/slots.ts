import type { Context, Dataset, Model, Spec } from '@core/registry';

/** What an experiment's recipe puts into its slots. */
export async function slots(
  { dataset, model }: { readonly dataset: Spec; readonly model?: Spec },
  context: Context,
): Promise<{ readonly dataset: Dataset; readonly model?: Model }> {
  const data = await context.use(dataset, 'dataset');
  return { dataset: data, ...(model === undefined ? {} : { model: await context.use(model, 'model') }) };
}
