#!/bin/sh
# Makes a .deb from a built program.
#
#   scripts/package-deb.sh [PROGRAM [FOLDER]]     default: target/release/rosterd, target/deb
#
# dpkg-deb does it, without debhelper: one program and some twenty files need no more. The same input
# gives the same bytes: times come from SOURCE_DATE_EPOCH, or from the last commit.
# DEB_MAINTAINER names who answers for it; DEB_COMPRESSION holds
# dpkg-deb's flags for it: "-Zgzip -z1" is quick, for trying.
set -eu
cd "$(dirname "$0")/.."

program="${1:-target/release/rosterd}"
out="${2:-target/deb}"
maintainer="${DEB_MAINTAINER:-rosterd authors <rosterd@localhost.localdomain>}"

for tool in dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || {
        echo "package-deb: $tool is missing; Debian calls its package dpkg-dev" >&2
        exit 1
    }
done
[ -x "$program" ] || {
    echo "package-deb: there is no program at $program; make build makes it" >&2
    exit 1
}

SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH
version="$("$program" --version | cut -d' ' -f2)-1"
architecture="$(dpkg --print-architecture)"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
tree="$work/tree"
doc="$tree/usr/share/doc/rosterd"
umask 022

# Without its symbols: lintian asks for it, and a backtrace keeps function names by other means.
install -D -m 755 "$program" "$tree/usr/bin/rosterd"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/usr/bin/rosterd"
# What verifies signatures of SAML, where it was built (make saml).
verifier="$(dirname "$program")/rosterd-xmldsig"
own="usr/libexec/rosterd/rosterd-xmldsig"
if [ -x "$verifier" ]; then
    install -D -m 755 "$verifier" "$tree/$own"
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/$own"
fi

install -D -m 644 deploy/systemd/rosterd.service "$tree/usr/lib/systemd/system/rosterd.service"
install -D -m 644 deploy/systemd/rosterd.sysusers.conf "$tree/usr/lib/sysusers.d/rosterd.conf"
install -D -m 644 deploy/systemd/rosterd.tmpfiles.conf "$tree/usr/lib/tmpfiles.d/rosterd.conf"
install -D -m 644 deploy/debian/rosterd.toml "$tree/etc/rosterd/rosterd.toml"

mkdir -p "$doc/examples/roles"
install -m 644 config/rosterd.toml config/rosterd.schema.json config/examples/*.* deploy/systemd/credentials.conf "$doc/examples/"
install -m 644 config/examples/roles/* "$doc/examples/roles/"
install -m 644 deploy/debian/copyright "$doc/copyright"
gzip -9n <CHANGELOG.md >"$doc/changelog.gz"
sed -e "s/@VERSION@/$version/" -e "s/@MAINTAINER@/$maintainer/" \
    -e "s/@DATE@/$(date --utc --date="@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S +0000')/" \
    deploy/debian/changelog | gzip -9n >"$doc/changelog.Debian.gz"

# What describes the program is made by the program.
mkdir -p "$tree/usr/share/man/man1"
"$program" man --dir "$tree/usr/share/man/man1"
gzip -9n "$tree"/usr/share/man/man1/*.1
completion() {
    mkdir -p "$(dirname "$tree/$2")"
    "$program" completions "$1" >"$tree/$2"
}
completion bash usr/share/bash-completion/completions/rosterd
completion zsh usr/share/zsh/vendor-completions/_rosterd
completion fish usr/share/fish/vendor_completions.d/rosterd.fish

# dpkg-shlibdeps wants to stand in a source package.
mkdir -p "$work/source/debian"
printf 'Source: rosterd\n\nPackage: rosterd\nArchitecture: any\n' >"$work/source/debian/control"
libraries="$(cd "$work/source" && dpkg-shlibdeps -O "$tree/usr/bin/rosterd" | sed -n 's/^shlibs:Depends=//p')"
# Only who logs people in by SAML needs these.
recommends=""
if [ -x "$tree/$own" ]; then
    recommends="$(cd "$work/source" && dpkg-shlibdeps -O -dRecommends "$tree/$own" | sed -n 's/^shlibs:Recommends=/, /p')"
fi

mkdir -p "$tree/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@LIBRARIES@/$libraries/" -e "s/@RECOMMENDS@/$recommends/" \
    -e "s/@MAINTAINER@/$maintainer/" -e "s/@SIZE@/$(du --apparent-size -sk "$tree" | cut -f1)/" \
    deploy/debian/control >"$tree/DEBIAN/control"
echo /etc/rosterd/rosterd.toml >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    install -m 755 "deploy/debian/$script" "$tree/DEBIAN/$script"
done
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"

find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$out"
package="$out/rosterd_${version}_$architecture.deb"
# shellcheck disable=SC2086 # one word a flag
dpkg-deb --root-owner-group ${DEB_COMPRESSION:--Zxz} --build "$tree" "$package" >/dev/null
echo "$package"
