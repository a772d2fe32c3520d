#!/bin/sh
# Tries what tests cannot without being root: the Debian package in a Debian of its own, installed,
# run, updated, removed and purged; what the unit's filter of system calls would refuse; and the image's
# recipe, built by buildah and run.
#
#   scripts/check-deploy.sh [PROGRAM]     default: target/release/rosterd
#
# No registry of images is asked. Both base images are stood in for: the first by that Debian with the
# built PROGRAM in the place of cargo's work, the second by Debian's packages libc6 and libgcc-s1, which
# is what distroless/cc is made from. So what is tried is the recipe, not those images.
set -eu
cd "$(dirname "$0")/.."

program="$(realpath "${1:-target/release/rosterd}")"
work="$PWD/target/check-deploy"
suite=bookworm

[ "$(id -u)" -eq 0 ] || {
    echo "check-deploy: be root: it makes a root file system and users in it" >&2
    exit 1
}
packages=""
command -v mmdebstrap >/dev/null || packages="$packages mmdebstrap"
command -v buildah >/dev/null || packages="$packages buildah"
command -v strace >/dev/null || packages="$packages strace"
if [ -n "$packages" ]; then
    echo "Installing:$packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    apt-get install --yes --no-install-recommends -qq $packages </dev/null >&2
fi

step() { echo "check-deploy: $*"; }
fail() {
    echo "check-deploy: FAILED: $*" >&2
    exit 1
}
# Ends with this code, or the check fails.
expect() {
    wanted="$1"
    shift
    code=0
    "$@" || code=$?
    [ "$code" -eq "$wanted" ] || fail "$*: $code, not $wanted"
}

mkdir -p "$work"
base="$work/$suite.tar"
if [ ! -f "$base" ]; then
    step "making a Debian $suite (once; two minutes)"
    mmdebstrap --quiet --variant=minbase "$suite" "$base.new" \
        --include=systemd-standalone-sysusers,systemd-standalone-tmpfiles,libgcc-s1
    mv "$base.new" "$base"
fi

step "the package, in a Debian of its own"
package="$(DEB_COMPRESSION="-Zgzip -z1" ./scripts/package-deb.sh "$program" "$work")"
debian="$work/debian"
rm -rf "$debian"
mkdir "$debian"
# Devices cannot be made everywhere, and none is needed.
tar --extract --file "$base" --directory "$debian" --exclude='./dev/*'
cp "$package" "$debian/tmp/rosterd.deb"
# shellcheck disable=SC2016 # expanded by the inner shell
inside() {
    unshare --mount --pid --fork --mount-proc="$debian/proc" \
        sh -c 'mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' "$debian" "$@"
}
as_rosterd() {
    inside setpriv --reuid=rosterd --regid=rosterd --clear-groups rosterd --config /etc/rosterd/rosterd.toml "$@"
}

expect 0 inside dpkg --install /tmp/rosterd.deb
inside id rosterd >/dev/null || fail "the package made no user"
[ "$(stat --format=%a "$debian/etc/rosterd/secrets")" = 750 ] || fail "the folder of secrets is open"
[ ! -e "$debian/etc/systemd/system/multi-user.target.wants/rosterd.service" ] || fail "the service is enabled"
expect 0 as_rosterd check config
expect 78 as_rosterd run
cat >>"$debian/etc/rosterd/rosterd.toml" <<'TOML'

[providers.people]
file.path = "people.yaml"
create_missing = ["orgs"]

[[rules]]
id = "all"
match.group = "*"
org = "Example"
role = "Viewer"
TOML
printf 'people: [{ id: a, login: ana, groups: [] }]\ngroups: []\n' >"$debian/etc/rosterd/people.yaml"
expect 0 as_rosterd sync

step "system calls that the unit would refuse"
# The calls of a set, the sets within it too.
calls() {
    systemd-analyze syscall-filter "$1" | sed -n '2,$p' | tr -d ' ' | grep -v '^#' | while read -r call; do
        case "$call" in
        @*) calls "$call" ;;
        *) echo "$call" ;;
        esac
    done
}
sets() { sed -n "s/^SystemCallFilter=$1//p" deploy/systemd/rosterd.service | tr ' ' '\n'; }
for set in $(sets '~'); do calls "$set"; done | sort -u >"$work/refused"
for set in $(sets '\(@\)' | sed 's/^/@/'); do calls "$set"; done | sort -u | comm -23 - "$work/refused" >"$work/allowed"
[ "$(wc -l <"$work/allowed")" -gt 200 ] || fail "the filter could not be read from the unit"
mkdir -p "$work/calls"
cp "$debian/etc/rosterd/people.yaml" "$work/calls/"
sed 's#sqlite:.*"#sqlite:calls.db"#' "$debian/etc/rosterd/rosterd.toml" >"$work/calls/rosterd.toml"
rm -f "$work"/calls/calls.db*
chown -R 65532:65532 "$work/calls"
chmod o+x "$work"
(
    cd "$work/calls"
    # Ended after three seconds by SIGTERM, as systemd would.
    timeout --signal=TERM 3 setpriv --reuid=65532 --regid=65532 --clear-groups \
        strace --follow-forks --quiet=all --output=trace "$program" run || true
)
sed -E -e 's/^[0-9]+ +//' -e '/^[a-z0-9_]+\(/!d' -e 's/\(.*//' "$work/calls/trace" | sort -u >"$work/used"
[ "$(wc -l <"$work/used")" -gt 30 ] || fail "strace saw nothing"
refused="$(comm -23 "$work/used" "$work/allowed")"
[ -z "$refused" ] || fail "the unit would refuse $refused"

step "the package again: updated, removed, purged"
# What a person changed stays.
expect 0 inside dpkg --install /tmp/rosterd.deb
grep -q '^\[providers.people\]$' "$debian/etc/rosterd/rosterd.toml" || fail "the update overwrote the configuration"
expect 0 inside dpkg --remove rosterd
[ -f "$debian/etc/rosterd/rosterd.toml" ] || fail "removing took the configuration"
expect 0 inside dpkg --purge rosterd
[ ! -e "$debian/etc/rosterd/rosterd.toml" ] || fail "purging left the configuration"
[ -f "$debian/var/lib/rosterd/rosterd.db" ] || fail "purging took the database"

step "the image, built by buildah"
store() { buildah --root "$work/images" --runroot "$work/images.run" --storage-driver vfs "$@"; }
rm -rf "$work/cargo" "$work/runtime" "$work/images" "$work/images.run"

# The first base image: cargo is a script that hands over the program.
mkdir -p "$work/cargo"
cp "$program" "$work/cargo/rosterd"
cat >"$work/cargo/cargo" <<'SH'
#!/bin/sh
# Only what the recipe asks for, so that another recipe fails here.
[ "$*" = "build --release --locked --bin rosterd" ] || exit 64
[ -f Cargo.lock ] && [ -f src/main.rs ] || exit 66
install -D -m 755 /opt/rosterd target/release/rosterd
SH
chmod 755 "$work/cargo/cargo"
builder="$(store from scratch)"
store add --quiet "$builder" "$base" / >/dev/null
store copy --quiet "$builder" "$work/cargo/cargo" /usr/bin/cargo >/dev/null
store copy --quiet "$builder" "$work/cargo/rosterd" /opt/rosterd >/dev/null
store commit --quiet --rm "$builder" localhost/rust >/dev/null

# The second: the libraries, and nothing that could be called a shell.
mkdir -p "$work/runtime"
for file in lib/x86_64-linux-gnu lib/aarch64-linux-gnu lib64 lib; do
    for library in ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libgcc_s.so.1 libdl.so.2 libpthread.so.0 librt.so.1; do
        if [ -e "$debian/$file/$library" ]; then
            mkdir -p "$work/runtime/$file"
            cp --dereference "$debian/$file/$library" "$work/runtime/$file/"
        fi
    done
done
runtime="$(store from scratch)"
store copy --quiet "$runtime" "$work/runtime" / >/dev/null
store commit --quiet --rm "$runtime" localhost/cc >/dev/null

store bud --quiet --isolation chroot --pull-never --tag localhost/rosterd --format docker \
    --build-arg RUST_IMAGE=localhost/rust --build-arg BASE_IMAGE=localhost/cc \
    --ignorefile deploy/docker/Dockerfile.dockerignore --file deploy/docker/Dockerfile . >/dev/null
container="$(store from --pull-never localhost/rosterd)"
trap 'store rm "$container" >/dev/null' EXIT
mounted="$(store mount "$container")"
[ ! -e "$mounted/bin/sh" ] || fail "there is a shell in the image"
[ "$(stat --format='%a %u:%g' "$mounted/var/lib/rosterd")" = "750 65532:65532" ] || fail "the folder of data is not rosterd's"
store inspect --type image localhost/rosterd | grep -q '"/usr/bin/rosterd"' || fail "the image has no entry point"
store inspect --type image localhost/rosterd | grep -q '"healthcheck"' || fail "the image has no health check"
in_image() { store run --isolation chroot --volume "$work/etc:/etc/rosterd:ro" "$container" -- /usr/bin/rosterd "$@"; }
rm -rf "$work/etc"
mkdir "$work/etc"
printf 'people: [{ id: a, login: ana, groups: [] }]\ngroups: []\n' >"$work/etc/people.yaml"
cat >"$work/etc/rosterd.toml" <<'TOML'
version = 1
database.url = "sqlite:/var/lib/rosterd/rosterd.db"

[providers.people]
file.path = "people.yaml"
create_missing = ["orgs"]

[[rules]]
id = "all"
match.group = "*"
org = "Example"
role = "Viewer"
TOML
expect 0 in_image check config
expect 0 in_image sync
[ "$(stat --format=%u "$mounted/var/lib/rosterd/rosterd.db")" = 65532 ] || fail "the program did not run as 65532"
expect 1 in_image healthcheck --timeout 1

step "all is well"
