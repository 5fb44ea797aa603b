// What a script of Ampoule finds beside ECMAScript.
//
//   ampoule types --output ampoule.d.ts          or GET /v1/types of a manager
//   tsc --noEmit --target esnext --module esnext --moduleResolution bundler --lib esnext --types '' ampoule.d.ts script.ts
//
// Without "dom" in `lib`: what of the web is here is declared here.

declare namespace Ampoule {
  /** The function that a run calls. What it returns, or its promise gives, must be JSON: it is the job's value. */
  type Entry<Input = any, Output = unknown> = (input: Input, libraries: Libraries, ctx: Context) => Output | Promise<Output>;

  /** A default export that groups entries. */
  type Entries = {
    [name: string]: Entry | unknown;
    /** What a job can name, for people; never the default entry. */
    getRunnableScripts?(): { name: string; script: string }[];
  };

  /** The libraries of the job, by name, as modules. */
  interface Libraries {
    readonly [name: string]: any;
  }

  /** The run, and what it was granted. */
  interface Context {
    /** The job's id; empty where there is no job. */
    readonly jobId: string;
    /** 1 for the first attempt. */
    readonly attempt: number;
    /** The script's name. */
    readonly script: string;
    /** The job's own object. */
    readonly context: any;
    /** Aborts when the job is cancelled, or its time is nearly over: a second is left then, of a short run's time a tenth. */
    readonly signal: AbortSignal;
    /** Says how far the run has come, from 0 to 1, to whoever looks at the job. */
    progress(fraction: number, text: string): Promise<void>;
    /** Writes `progress: VALUE` into the log. */
    progress(value: unknown): void;
    /** Folders that were granted, by name. */
    readonly dirs: { readonly [name: string]: Folder };
    /** Settings that came with the job; one that did not is undefined. */
    readonly env: { readonly [name: string]: string | undefined };
    readonly secrets: Secrets;
    /** Namespaces of keys and values that were granted, by name. */
    readonly kv: { readonly [namespace: string]: Keys };
    /** Stores of blobs that were granted, by name. */
    readonly blob: { readonly [name: string]: Store };
    readonly jobs: Jobs;
  }

  interface Secrets {
    /** The value of a secret that was granted. */
    get(name: string): Promise<string>;
  }

  /** A namespace, which all jobs of the tenant that are granted it share. Failures are `KvError`s with a `code`. */
  interface Keys {
    /** The value; undefined where there is no such key. */
    get(key: string): Promise<any>;
    entry(key: string): Promise<KeysEntry | undefined>;
    /** The version that the key has now. `ifVersion` makes the write a `conflict` if the key has another; 0 stands for no such key. */
    set(key: string, value: unknown, options?: { ttlMs?: number; ifVersion?: number }): Promise<number>;
    /** Whether the key was there. */
    delete(key: string, options?: { ifVersion?: number }): Promise<boolean>;
    list(options?: { prefix?: string; after?: string; limit?: number }): Promise<KeysPage>;
  }

  interface KeysEntry {
    readonly value: any;
    readonly version: number;
  }

  interface KeysPage {
    readonly items: { readonly key: string; readonly version: number; readonly bytes: number }[];
    /** Where to go on, as `after`; absent on the last page. */
    readonly next?: string;
  }

  /** Contents by name, in a folder or a bucket, which all jobs of the tenant that are granted it share. Failures are `BlobError`s with a `code`. */
  interface Store {
    head(key: string): Promise<StoreHead>;
    /** All of it, up to 16 MiB. */
    get(key: string): Promise<Uint8Array>;
    getText(key: string): Promise<string>;
    /** All of it, however large, part by part; `changed` if it is replaced meanwhile. */
    stream(key: string): AsyncIterableIterator<Uint8Array>;
    /** Up to 16 MiB. */
    put(key: string, contents: string | BufferSource): Promise<void>;
    /** Part by part; a `ReadableStream` will do. Nothing of it is seen before the last part is written. */
    write(key: string, parts: AsyncIterable<string | BufferSource> | Iterable<string | BufferSource>): Promise<void>;
    /** Also where there is none. */
    delete(key: string): Promise<void>;
    list(options?: { prefix?: string; after?: string; limit?: number }): Promise<StorePage>;
  }

  interface StoreHead {
    readonly size: number;
    readonly modifiedMs: number;
    /** Another one after every change; null where the store has none. */
    readonly etag: string | null;
  }

  interface StorePage {
    readonly items: { readonly key: string; readonly size: number }[];
    /** Where to go on, as `after`; absent on the last page. */
    readonly next?: string;
  }

  /** Jobs that this run submits. Failures are `JobsError`s with a `code`. */
  interface Jobs {
    /** Takes what `POST /v1/jobs` takes, and gives the job's id. */
    submit(job: object): Promise<string>;
    /** Waits for the job's end. */
    await(id: string): Promise<{ id: string; state: string; outcome: any }>;
    /** Gives the job's state. */
    cancel(id: string): Promise<string>;
  }

  /** A folder. Paths are relative, without `..`. Failures are `DirError`s with a `code`. */
  interface Folder {
    readText(path: string): Promise<string>;
    readBytes(path: string): Promise<Uint8Array>;
    writeText(path: string, text: string): Promise<void>;
    writeBytes(path: string, bytes: BufferSource): Promise<void>;
    list(path?: string): Promise<FolderEntry[]>;
    stat(path?: string): Promise<FolderStat>;
    remove(path: string): Promise<void>;
    mkdir(path: string): Promise<void>;
    rename(path: string, to: string): Promise<void>;
  }

  interface FolderEntry {
    readonly name: string;
    readonly kind: "file" | "dir" | "link" | "other";
  }

  interface FolderStat {
    readonly kind: "file" | "dir" | "link" | "other";
    readonly size: number;
    readonly modifiedMs: number;
  }
}

/** Thrown by what was not granted. */
declare class NotGranted extends Error {
  constructor(capability: string, why?: string);
  /** `not_granted`. */
  readonly code: string;
  /** The grant that would have been needed: `net api.example.com:443`. */
  readonly capability: string;
}

/** Modules of libraries: their types are not known here. */
declare module "lib:*";
