// Tokenizers of the npm registry, measured on a text. Installs them into a folder of its own.
//   node tokenizer_peer.mjs ranks   FOLDER ENCODING OUTPUT      writes the vocabulary as a rank file
//   node tokenizer_peer.mjs measure FOLDER ENCODING TEXT ROUNDS prints one JSON object a line
// TEXT holds documents between NUL characters: the first half warms up, the second half is timed.
import { execSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const packages = ['tiktoken@1.0.22', 'tiktoken-node@0.0.7', 'gpt-tokenizer@4.0.0'];
const [mode, folder, encoding, file, rounds] = process.argv.slice(2);

if (!fs.existsSync(path.join(folder, 'node_modules', 'gpt-tokenizer'))) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  execSync(`npm install --no-audit --no-fund --loglevel=error ${packages.join(' ')}`,
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], timeout: 120000 });
}
const require = createRequire(path.join(path.resolve(folder), 'package.json'));

if (mode === 'ranks') {
  const { bpe_ranks } = JSON.parse(fs.readFileSync(require.resolve(`tiktoken/encoders/${encoding}.json`)));
  const lines = [];
  for (const line of bpe_ranks.split('\n')) {
    const [, first, ...tokens] = line.split(' ');
    tokens.forEach((token, i) => lines.push(`${token} ${Number(first) + i}\n`));
  }
  fs.writeFileSync(file, lines.join(''));
} else {
  const documents = fs.readFileSync(file, 'utf8').split('\0');
  const half = documents.length >> 1;
  const bytes = documents.slice(half).reduce((sum, d) => sum + Buffer.byteLength(d), 0);
  const peers = [
    ['tiktoken (wasm)', () => {
      const e = require('tiktoken').get_encoding(encoding);
      return d => e.encode_ordinary(d);
    }],
    ['tiktoken-node (native)', () => {
      const e = require('tiktoken-node').getEncoding(encoding);
      return d => e.encode(d);
    }],
    ['gpt-tokenizer (js)', () => require(`gpt-tokenizer/encoding/${encoding}`).encode],
  ];
  for (const [name, open] of peers) {
    try {
      const encode = open();
      const rates = [];
      let hash = 0, count = 0;
      for (let round = 0; round < Number(rounds); round++) {
        for (const d of documents.slice(0, half)) encode(d);
        const start = process.cpuUsage();
        for (const d of documents.slice(half)) encode(d);
        const { user, system } = process.cpuUsage(start);
        rates.push(bytes / (user + system));
      }
      for (const d of documents) {
        for (const id of encode(d)) {
          hash = (Math.imul(hash, 31) + id) >>> 0;
          count++;
        }
      }
      console.log(JSON.stringify({ name, rates, count, hash }));
    } catch (error) {
      console.log(JSON.stringify({ name, error: String(error).split('\n')[0] }));
    }
  }
}
