// Exit code 0 if the AsyncAPI parser accepts the file; its errors and warnings go to standard output.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const ERROR = 0;
const WARNING = 1;
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'));
const found = diagnostics.filter((one) => one.severity <= WARNING);
for (const one of found) {
  console.log(`${one.severity === ERROR ? 'error' : 'warning'}: ${one.path.join('/')}: ${one.message}`);
}
process.exit(document && found.length === 0 ? 0 : 1);
