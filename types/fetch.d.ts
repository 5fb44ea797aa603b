
// ---- Requests and responses. None of these types needs a grant; `fetch` needs one for each host.

type BufferSource = ArrayBufferView | ArrayBuffer;
type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>;
type BodyInit = ReadableStream<Uint8Array> | Blob | BufferSource | FormData | URLSearchParams | string;

/** Asks a host that was granted; any other throws `NotGranted`. Failures are `FetchError`s with a `code`. */
declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;

declare class Headers {
  constructor(init?: HeadersInit);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  entries(): IteratorObject<[string, string], undefined>;
  keys(): IteratorObject<string, undefined>;
  values(): IteratorObject<string, undefined>;
  forEach(callback: (value: string, name: string, parent: Headers) => void, thisArg?: any): void;
  [Symbol.iterator](): IteratorObject<[string, string], undefined>;
}

declare class Request {
  constructor(input: string | URL | Request, init?: RequestInit);
  readonly body: ReadableStream<Uint8Array> | null;
  readonly bodyUsed: boolean;
  readonly cache: string;
  readonly credentials: string;
  readonly destination: string;
  readonly duplex: "half";
  readonly headers: Headers;
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly method: string;
  readonly mode: string;
  readonly redirect: "follow" | "error" | "manual";
  readonly referrer: string;
  readonly referrerPolicy: string;
  readonly signal: AbortSignal;
  readonly url: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array>;
  clone(): Request;
  formData(): Promise<FormData>;
  json(): Promise<any>;
  text(): Promise<string>;
}
interface RequestInit {
  body?: BodyInit | null;
  cache?: "default" | "no-store" | "reload" | "no-cache" | "force-cache" | "only-if-cached";
  credentials?: "omit" | "same-origin" | "include";
  /** Wanted where the body is a stream. */
  duplex?: "half";
  headers?: HeadersInit;
  integrity?: string;
  keepalive?: boolean;
  method?: string;
  mode?: "same-origin" | "no-cors" | "cors";
  redirect?: "follow" | "error" | "manual";
  referrer?: string;
  referrerPolicy?: string;
  signal?: AbortSignal | null;
}

declare class Response {
  constructor(body?: BodyInit | null, init?: ResponseInit);
  static error(): Response;
  static json(data: any, init?: ResponseInit): Response;
  static redirect(url: string | URL, status?: number): Response;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly bodyUsed: boolean;
  readonly headers: Headers;
  readonly ok: boolean;
  readonly redirected: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly type: "basic" | "default" | "error";
  readonly url: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array>;
  clone(): Response;
  formData(): Promise<FormData>;
  json(): Promise<any>;
  text(): Promise<string>;
}
interface ResponseInit {
  headers?: HeadersInit;
  status?: number;
  statusText?: string;
}

// ---- Blobs, files and forms

declare class Blob {
  constructor(parts?: Iterable<Blob | BufferSource | string>, options?: BlobPropertyBag);
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array>;
  slice(start?: number, end?: number, type?: string): Blob;
  stream(): ReadableStream<Uint8Array>;
  text(): Promise<string>;
}
interface BlobPropertyBag {
  endings?: "transparent" | "native";
  type?: string;
}
declare class File extends Blob {
  constructor(parts: Iterable<Blob | BufferSource | string>, name: string, options?: BlobPropertyBag & { lastModified?: number });
  readonly lastModified: number;
  readonly name: string;
  readonly webkitRelativePath: string;
}

type FormDataValue = string | File;
declare class FormData {
  constructor();
  append(name: string, value: string): void;
  append(name: string, value: Blob, filename?: string): void;
  delete(name: string): void;
  get(name: string): FormDataValue | null;
  getAll(name: string): FormDataValue[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  set(name: string, value: Blob, filename?: string): void;
  entries(): IteratorObject<[string, FormDataValue], undefined>;
  keys(): IteratorObject<string, undefined>;
  values(): IteratorObject<FormDataValue, undefined>;
  forEach(callback: (value: FormDataValue, name: string, parent: FormData) => void, thisArg?: any): void;
  [Symbol.iterator](): IteratorObject<[string, FormDataValue], undefined>;
}
