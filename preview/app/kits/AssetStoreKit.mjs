import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BusinessError } from '../business-error.mjs';
import { kitEnums } from '../kit-enums.mjs';
import { start } from '../process.mjs';
import { strict } from '../unknown.mjs';

const { Tag, ErrorCode, ConflictResolution } = kitEnums.asset;
const FILE = path.join(start.dataFolder ?? '.', 'assets.json');

/** Stores bytes as base64, other values unchanged. */
function freeze(attributes) {
  return [...attributes].map(([tag, value]) => {
    return [tag, value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value];
  });
}

function thaw(pairs) {
  return new Map(pairs.map(([tag, value]) => {
    return [tag, value?.base64 === undefined ? value : new Uint8Array(Buffer.from(value.base64, 'base64'))];
  }));
}

function readAll() {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

function writeAll(assets) {
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify(assets), { mode: 0o600 });
}

/** Tags of a query about the result instead of the searched assets. */
const ANSWER_TAGS = new Set([Tag.RETURN_TYPE, Tag.RETURN_LIMIT, Tag.RETURN_OFFSET, Tag.RETURN_ORDERED_BY]);

function matches(asset, query) {
  const stored = new Map(asset.map(([tag, value]) => [tag, JSON.stringify(value)]));
  return freeze(query).every(([tag, value]) => ANSWER_TAGS.has(tag) || stored.get(tag) === JSON.stringify(value));
}

function notFound() {
  return new BusinessError(ErrorCode.NOT_FOUND, 'The asset is not found.');
}

const calls = {
  add(attributes) {
    const assets = readAll();
    const isSame = (asset) => matches(asset, new Map([[Tag.ALIAS, attributes.get(Tag.ALIAS)]]));
    const overwrites = attributes.get(Tag.CONFLICT_RESOLUTION) === ConflictResolution.OVERWRITE;
    if (assets.some(isSame) && !overwrites) {
      throw new BusinessError(ErrorCode.DUPLICATED, 'The asset already exists.');
    }
    writeAll([...assets.filter((asset) => !isSame(asset)), freeze(attributes)]);
  },
  remove(query) {
    const assets = readAll();
    const rest = assets.filter((asset) => !matches(asset, query));
    if (rest.length === assets.length) {
      throw notFound();
    }
    writeAll(rest);
  },
  update(query, attributes) {
    const assets = readAll();
    if (!assets.some((asset) => matches(asset, query))) {
      throw notFound();
    }
    const change = (asset) => [...new Map([...asset, ...freeze(attributes)])];
    writeAll(assets.map((asset) => (matches(asset, query) ? change(asset) : asset)));
  },
  query(query) {
    const found = readAll().filter((asset) => matches(asset, query));
    if (found.length === 0) {
      throw notFound();
    }
    return found.map(thaw);
  }
};

const members = Object.entries(calls).flatMap(([name, call]) => [
  [name, async (...values) => call(...values)],
  [`${name}Sync`, call]
]);

export const asset = strict('asset', { ...kitEnums.asset, ...Object.fromEntries(members) });
