#!/bin/bash -eu
# build.sh - build every target with the engine and the sanitizer that the caller names
#
# As OSS-Fuzz and ClusterFuzzLite call it: CC, CFLAGS, LIB_FUZZING_ENGINE (or -fsanitize=fuzzer), SRC, OUT and WORK
# are set. MBEDTLS_PREFIX names a folder with include/ and lib/ of mbedTLS 3.6 where the system has none.
# Into OUT: each target, its seeds and regressions as NAME_seed_corpus.zip, its dictionary and its options.
cd "$SRC/penstock"
build=$WORK/build
rm -rf "$build"
CC="$CC" meson setup "$build" -Dtests=false -Dfuzzers=true -Dfuzz_engine="${LIB_FUZZING_ENGINE:--fsanitize=fuzzer}" \
    -Dmbedtls_prefix="${MBEDTLS_PREFIX:-}" -Db_lundef=false -Dbuildtype=plain -Dc_args="$CFLAGS" -Dc_link_args="$CFLAGS"
targets=$(cd fuzz && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')
# shellcheck disable=SC2046
ninja -C "$build" $(printf 'fuzz/fuzz_%s ' $targets)
for target in $targets; do
    cp "$build/fuzz/fuzz_$target" "$OUT/"
    python3 - "$OUT/fuzz_${target}_seed_corpus.zip" "fuzz/corpus/$target" "fuzz/regress/$target" <<'PYTHON'
import pathlib
import sys
import zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for folder in map(pathlib.Path, sys.argv[2:]):
        for path in sorted(folder.iterdir()) if folder.exists() else []:
            archive.write(path, f"{folder.parent.name}-{path.name}")
PYTHON
    for extra in "fuzz/dict/$target.dict:fuzz_$target.dict" "fuzz/options/fuzz_$target.options:fuzz_$target.options"; do
        [ ! -e "${extra%%:*}" ] || cp "${extra%%:*}" "$OUT/${extra##*:}"
    done
done
