// Uploads many files, some at a time, tries again what was busy, and tells of what failed. TypeScript.
//
//   entry uploadAll, input { files: [{ name, text }], atOnce? }

enum State {
  Done = 'done',
  Failed = 'failed',
}

interface Upload {
  name: string;
  state: State;
  attempts: number;
  detail?: string;
}

type Params = { files: { name: string; text: string }[]; atOnce?: number };

class Uploader {
  #attempts = new Map<string, number>();

  constructor(
    private readonly service: any,
    private readonly ctx: any,
    public readonly most = 3,
  ) {}

  async upload(file: { name: string; text: string }): Promise<Upload> {
    for (;;) {
      const attempts = (this.#attempts.get(file.name) ?? 0) + 1;
      this.#attempts.set(file.name, attempts);
      try {
        const { _fileId } = await this.service.addFile({ name: file.name, bytes: [...file.text].map((char) => char.codePointAt(0)! & 0xff) }, this.ctx);
        return { name: file.name, state: State.Done, attempts, detail: _fileId };
      } catch (error: any) {
        if (error.status === 503 && attempts < this.most) continue;
        return { name: file.name, state: State.Failed, attempts, detail: `${error.name}: ${error.message}` };
      }
    }
  }
}

export default {
  async uploadAll(params: Params, libraries: any, ctx: any) {
    const uploader = new Uploader(libraries.PlatformApi.IafFileSvc, ctx);
    const waiting = [...params.files];
    const results: Upload[] = [];
    const lane = async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        results.push(await uploader.upload(file));
        ctx.progress(results.length / params.files.length);
      }
    };
    await Promise.all(Array.from({ length: params.atOnce ?? 4 }, lane));
    // Nobody waits for this one: the run ends when the entry's promise does.
    libraries.PlatformApi.IafFileSvc.addFile({ name: 'receipt', bytes: [1] }, ctx).then(() => console.log('never printed'));
    results.sort((a, b) => a.name.localeCompare(b.name));
    const failed = results.filter(({ state }) => state === State.Failed);
    if (failed.length) console.warn('failed:', failed);
    return { done: results.length - failed.length, failed, attempts: results.reduce((sum, { attempts }) => sum + attempts, 0) };
  },
};
