// Cases stand in files, apart by empty lines; a case's last line, `//=> TEXT`, is what `behave` gives for it.
exports.parse = (text) =>
  text.split(/\n{2,}/).map((block) => block.trim()).filter(Boolean).map((block) => {
    const [source, expected] = block.split(/\n\/\/=> ?/);
    return { source, expected };
  });
exports.print = (cases) => cases.map(({ source, expected }) => `${source}\n//=> ${expected}`.trimEnd() + "\n").join("\n");
