// Which names of the surroundings a file uses: those that nothing in the file binds. A parameter called `process` is
// somebody's process; the bare word is the machine's.

import { children, isNode, listOf, type Node } from './syntax.ts';

export interface GlobalUse {
  readonly name: string;
  readonly node: Node;
  readonly parent: Node;
}

type Scope = readonly ReadonlySet<string>[];

/** Every use of an unbound name as a value, in the order of the text. Types do not count. */
export function globalsUsed(program: Node): GlobalUse[] {
  const found: GlobalUse[] = [];
  const visit = (node: Node, key: string, parent: Node, scope: Scope): void => {
    if (node.type === 'Identifier' && isReference(key, parent)) {
      const name = String(node.name);
      if (!scope.some((names) => names.has(name))) found.push({ name, node, parent });
    }
    const inner = [...scope, new Set(namesBoundBy(node))];
    for (const { key: childKey, child } of valueChildren(node)) visit(child, childKey, node, inner);
  };
  visit(program, 'program', program, []);
  return found;
}

/** What is below, without types and without the names of imports. */
function valueChildren(node: Node): { key: string; child: Node }[] {
  if (node.type === 'ImportDeclaration') return [];
  const wrapsValue = /^TS(As|Satisfies|NonNull|Instantiation)Expression$/.test(node.type);
  if (node.type.startsWith('TS') && !wrapsValue) return [];
  return children(node).filter(({ key }) => !wrapsValue || key === 'expression');
}

function isReference(key: string, parent: Node): boolean {
  if (parent.computed === true) return true;
  if (parent.type === 'MemberExpression') return key !== 'property';
  if (parent.type === 'ExportSpecifier') return key === 'local' && parent.local !== parent.exported;
  if (/^(Property|MethodDefinition|PropertyDefinition|AccessorProperty)$/.test(parent.type))
    return key !== 'key';
  return !/^(LabeledStatement|BreakStatement|ContinueStatement|MetaProperty)$/.test(parent.type);
}

function namesBoundBy(node: Node): string[] {
  const names = isNode(node.id) && /^(Function|Class)/.test(node.type) ? namesIn(node.id) : [];
  const parameters = [...listOf(node.params), node.param].flatMap(namesIn);
  const statements = [...listOf(node.body), ...listOf(node.consequent), node.init, node.left].filter(isNode);
  return [...names, ...parameters, ...statements.flatMap(namesDeclaredBy)];
}

function namesDeclaredBy(statement: Node): string[] {
  if (statement.type === 'ImportDeclaration') {
    return listOf(statement.specifiers).flatMap((specifier) => namesIn(specifier.local));
  }
  if (isNode(statement.declaration)) return namesDeclaredBy(statement.declaration);
  if (statement.type === 'VariableDeclaration') {
    return listOf(statement.declarations).flatMap((declared) => namesIn(declared.id));
  }
  return /Declaration$/.test(statement.type) ? namesIn(statement.id) : [];
}

/** The names in a pattern: `a`, `{ a, b: [c] }`, `a = 1`, `...a`. */
function namesIn(pattern: unknown): string[] {
  if (!isNode(pattern)) return [];
  if (pattern.type === 'Identifier') return [String(pattern.name)];
  if (pattern.type === 'Property') return namesIn(pattern.value);
  if (pattern.type === 'AssignmentPattern') return namesIn(pattern.left);
  if (pattern.type === 'RestElement') return namesIn(pattern.argument);
  return [...listOf(pattern.properties), ...listOf(pattern.elements)].flatMap(namesIn);
}
