import { Document, isScalar, visit } from 'yaml';

/** A recipe as YAML text; lists of plain values stand on one line. */
export function recipeYaml(data: unknown): string {
  const document = new Document(data);
  visit(document, {
    Seq: (_, list) => {
      if (list.items.every((item) => isScalar(item))) list.flow = true;
    },
  });
  return document.toString({ lineWidth: 110, flowCollectionPadding: false });
}
