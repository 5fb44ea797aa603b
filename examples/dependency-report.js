// What does this Rust workspace depend on? Reads what `cargo metadata --format-version 1` prints.
//
//   cargo metadata --format-version 1 | ampoule run examples/dependency-report.js --input - --input-limit 16MiB
//
// Edges of every kind (normal, build, dev) and for every target count, as `resolve` lists them.

const MOST_USED = 10;
const CHAINS_SHOWN = 5;

export default {
  async dependencyReport(input, libraries, ctx) {
    const { packages, graph, members } = read(input);
    const chains = deepestChains(graph, members).map(({ root, length, chain }) => ({
      root: label(packages, root),
      length,
      chain: chain.map((ids) => (ids.length === 1 ? label(packages, ids[0]) : ids.map((id) => label(packages, id)).sort())),
    }));
    const report = {
      packages: packages.size,
      workspaceMembers: members.length,
      sources: countBy(packages.values(), (p) => p.source ?? "path"),
      licences: countBy([...packages.values()].filter((p) => p.license), (p) => p.license),
      withoutLicence: [...packages.values()].filter((p) => !p.license).map((p) => `${p.name} ${p.version}`).sort(),
      duplicates: duplicates(packages),
      buildScripts: countTargets(packages, "custom-build"),
      procMacros: countTargets(packages, "proc-macro"),
      mostUsed: mostUsed(packages, graph),
      chains,
    };
    print(report);
    return report;
  },
};

/** The packages by id, the ids that each depends on, and the ids of the workspace's own. */
function read(input) {
  if (!Array.isArray(input?.packages)) {
    throw new TypeError("the input is not the output of `cargo metadata --format-version 1`: it has no list `packages`");
  }
  if (!input.resolve) {
    throw new TypeError("the input has no `resolve` graph: run cargo metadata without --no-deps");
  }
  const packages = new Map(input.packages.map((p) => [p.id, p]));
  const graph = new Map(input.resolve.nodes.map((node) => [node.id, [...new Set(node.deps.map((dep) => dep.pkg))]]));
  return { packages, graph, members: input.workspace_members };
}

function label(packages, id) {
  const { name, version } = packages.get(id);
  return `${name} ${version}`;
}

/** How many items have each key, most frequent first. */
function countBy(items, keyOf) {
  const counts = new Map();
  for (const item of items) {
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(mostFirst));
}

function mostFirst([nameA, countA], [nameB, countB]) {
  return countB - countA || (nameA < nameB ? -1 : 1);
}

/** Packages that are there in more than one version. */
function duplicates(packages) {
  const versions = new Map();
  for (const { name, version } of packages.values()) {
    versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  const several = [...versions].filter(([, list]) => list.length > 1).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(several.map(([name, list]) => [name, list.sort(byVersion)]));
}

/** By the three numbers, then by whatever follows them. */
function byVersion(a, b) {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number));
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2] || (a < b ? -1 : 1);
}

function countTargets(packages, kind) {
  return [...packages.values()].filter((p) => p.targets.some((target) => target.kind.includes(kind))).length;
}

/** The packages that most others depend on directly. */
function mostUsed(packages, graph) {
  const dependents = new Map();
  for (const [id, deps] of graph) {
    for (const dep of deps) {
      if (dep !== id) dependents.set(dep, (dependents.get(dep) ?? 0) + 1);
    }
  }
  return [...dependents]
    .map(([id, count]) => [label(packages, id), count])
    .sort(mostFirst)
    .slice(0, MOST_USED)
    .map(([name, dependents]) => ({ package: name, dependents }));
}

/**
 * For each workspace member the longest chain of dependencies that starts there, longest first.
 *
 * Dev-dependencies may form cycles, and the longest path through a cycle is a hard problem: the packages of a cycle
 * (a strongly connected component) are therefore one link of a chain. What is left has no cycle, so that each
 * component's longest chain is found once, from those below it.
 */
function deepestChains(graph, members) {
  const { components, componentOf } = stronglyConnected(graph);
  const depth = [];
  const next = [];
  // Tarjan's algorithm completes a component after all those it leads to: they are known when it is reached here.
  components.forEach((ids, component) => {
    depth[component] = 1;
    for (const id of ids) {
      for (const dep of graph.get(id)) {
        const below = componentOf.get(dep);
        if (below !== component && depth[below] + 1 > depth[component]) {
          depth[component] = depth[below] + 1;
          next[component] = below;
        }
      }
    }
  });
  return members
    .map((root) => {
      const chain = [];
      for (let at = componentOf.get(root); at !== undefined; at = next[at]) chain.push(components[at]);
      return { root, length: chain.length, chain };
    })
    .sort((a, b) => b.length - a.length || (a.root < b.root ? -1 : 1));
}

/** Tarjan's algorithm with a stack of its own: a deep graph must not become deep recursion. */
function stronglyConnected(graph) {
  const index = new Map();
  const low = new Map();
  const componentOf = new Map();
  const components = [];
  const open = [];
  for (const start of graph.keys()) {
    if (index.has(start)) continue;
    const path = [];
    const enter = (id) => {
      index.set(id, index.size);
      low.set(id, index.get(id));
      open.push(id);
      path.push({ id, deps: graph.get(id), at: 0 });
    };
    enter(start);
    while (path.length > 0) {
      const step = path[path.length - 1];
      if (step.at < step.deps.length) {
        const dep = step.deps[step.at++];
        if (!index.has(dep)) enter(dep);
        else if (!componentOf.has(dep)) low.set(step.id, Math.min(low.get(step.id), index.get(dep)));
        continue;
      }
      path.pop();
      if (path.length > 0) {
        const { id } = path[path.length - 1];
        low.set(id, Math.min(low.get(id), low.get(step.id)));
      }
      if (low.get(step.id) === index.get(step.id)) {
        const ids = open.splice(open.indexOf(step.id));
        for (const id of ids) componentOf.set(id, components.length);
        components.push(ids);
      }
    }
  }
  return { components, componentOf };
}

function print(report) {
  console.log(`${report.packages} packages, ${report.workspaceMembers} of them in the workspace`);
  console.log(`${report.buildScripts} have a build script, ${report.procMacros} are procedural macros`);
  console.table(Object.entries(report.licences).map(([licence, packages]) => ({ licence, packages })));
  if (report.withoutLicence.length > 0) console.warn(`without a licence: ${report.withoutLicence.join(", ")}`);
  for (const [name, versions] of Object.entries(report.duplicates)) {
    console.log(`${name} is there ${versions.length} times: ${versions.join(", ")}`);
  }
  console.group("deepest chains");
  for (const { length, chain } of report.chains.slice(0, CHAINS_SHOWN)) {
    console.log(`${length}: ${chain.map((link) => (Array.isArray(link) ? `(${link.join(" ⇄ ")})` : link)).join(" → ")}`);
  }
  console.groupEnd();
  console.table(report.mostUsed);
}
