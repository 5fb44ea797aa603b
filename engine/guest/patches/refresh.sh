#!/bin/bash
# Works on the patches to Boa as commits of a scratch repository, one commit per patch.
#
#   refresh.sh apply DIR    unpack the crates of SOURCES into DIR and commit each patch
#   refresh.sh export DIR   write the patches anew from the commits of DIR: subject = name of the
#                           file, rest of the message = its header
#   refresh.sh test DIR     run Boa's own unit tests on DIR as it stands (CARGO_TARGET_DIR is obeyed)
#
# `git rebase -i base` in DIR amends, reorders and drops patches.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage

crates() { grep -v '^#' "$here/SOURCES"; }

# Folder where cargo unpacked a crate, after its archive's checksum was compared.
unpacked() {
    local home=${CARGO_HOME:-$HOME/.cargo}/registry archive
    for archive in "$home"/cache/*/"$1-$2.crate"; do
        [ -f "$archive" ] || break
        [ "$(sha256sum <"$archive" | cut -d' ' -f1)" = "$3" ] || continue
        echo "$home/src/$(basename "$(dirname "$archive")")/$1-$2"
        return
    done
    echo "refresh.sh: no $1 $2 with checksum $3 in $home: run \`cargo fetch\` in engine/guest" >&2
    return 1
}

apply() {
    local dir=$1 name version checksum source patch
    mkdir -p "$dir"
    [ -z "$(ls -A "$dir")" ] || { echo "refresh.sh: $dir is not empty" >&2; exit 1; }
    crates | while read -r name version checksum; do
        source=$(unpacked "$name" "$version" "$checksum")
        cp -r "$source" "$dir/$name"
        rm -f "$dir/$name/.cargo-ok" "$dir/$name/Cargo.lock"
    done
    chmod -R u+w "$dir"
    git -C "$dir" init -q
    git -C "$dir" config user.name "$(git config user.name || echo patches)"
    git -C "$dir" config user.email "$(git config user.email || echo patches@localhost)"
    git -C "$dir" config core.autocrlf false
    git -C "$dir" add -Af .
    git -C "$dir" commit -qm 'crates.io sources'
    git -C "$dir" tag base
    for patch in "$here"/[0-9]*.patch; do
        name=$(basename "$patch" .patch)
        git -C "$dir" apply --index "$patch"
        { echo "${name#*-}"; echo; sed '/^diff --git /,$d' "$patch"; } | git -C "$dir" commit -qF -
        echo "$name"
    done
}

export_patches() {
    local dir=$1 number=0 commit name
    rm -f "$here"/[0-9]*.patch
    for commit in $(git -C "$dir" rev-list --reverse base..HEAD); do
        number=$((number + 1))
        name=$(printf '%04d-%s.patch' "$number" "$(git -C "$dir" log -1 --format=%s "$commit")")
        {
            git -C "$dir" log -1 --format=%b "$commit"
            # A blank line ends each file's part, for those who split a patch at `diff --git`.
            git -C "$dir" diff --no-color --no-renames -U2 "$commit^" "$commit" |
                sed '/^index /d' | awk 'NR > 1 && /^diff --git / { print "" } { print }'
        } >"$here/$name"
        echo "$name"
    done
}

# In a copy: the tests need a workspace, and neither benches nor git hooks.
run_tests() {
    local dir=$1 copy name
    copy=$(mktemp -d)
    trap "rm -rf '$copy'" EXIT
    git -C "$dir" checkout-index -aq --prefix="$copy/"
    {
        printf '[workspace]\nresolver = "2"\nmembers = ['
        crates | while read -r name _; do printf '"%s", ' "$name"; done
        printf ']\n[profile.dev]\nopt-level = 1\ndebug = false\n[patch.crates-io]\n'
        crates | while read -r name _; do printf '%s = { path = "%s" }\n' "$name" "$name"; done
    } >"$copy/Cargo.toml"
    python3 - "$copy" <<'PYTHON'
import pathlib, re, sys
for path in pathlib.Path(sys.argv[1]).glob("*/Cargo.toml"):
    text = path.read_text()
    for table in (r"\[[^\]\n]*dev-dependencies\.(criterion|husky-rs|jemallocator)\]", r"\[\[bench\]\]"):
        text = re.sub(table + r"\n(?:[^\n\[]+\n)*\n?", "", text)
    path.write_text(text)
PYTHON
    cd "$copy"
    # The registry caps lints for its crates; a path does not.
    export RUSTFLAGS="${RUSTFLAGS:-} --cap-lints=allow" RUST_MIN_STACK=16777216
    crates | while read -r name _; do
        cargo test -q --lib -p "$name" 2>&1 | grep -E '^(error|test result|failures:|    [a-z_:]+$)' | sed "s/^/$name: /"
    done
}

case $1 in
    apply) apply "$2" ;;
    export) export_patches "$(cd "$2" && pwd)" ;;
    test) run_tests "$(cd "$2" && pwd)" ;;
    *) usage ;;
esac
