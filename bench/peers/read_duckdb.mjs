// Reads or writes a text file with DuckDB, the yardstick of `bench prepare`.
//   npm install --prefix DIR @duckdb/node-api
//   node read_duckdb.mjs DIR/node_modules make SOURCE.jsonl OUT.parquet snappy|zstd|gzip
//   node read_duckdb.mjs DIR/node_modules read FILE THREADS     prints MB of text per second
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, verb, file, ...rest] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(modules), 'x.js'));
const { DuckDBInstance } = require('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const source = name => name.includes('.jsonl')
  ? `read_json('${name}', format='newline_delimited', columns={text: 'VARCHAR'})`
  : `read_parquet('${name}')`;

if (verb === 'make') {
  await connection.run(
    `COPY (SELECT text FROM ${source(file)}) TO '${rest[0]}' (FORMAT parquet, COMPRESSION ${rest[1]}, ROW_GROUP_SIZE 20000)`);
} else {
  await connection.run(`SET threads = ${rest[0]}`);
  const start = process.hrtime.bigint();
  const result = await connection.runAndReadAll(`SELECT sum(strlen(text)) FROM ${source(file)}`);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log((Number(result.getRows()[0][0]) / 1e6 / seconds).toFixed(1));
}
