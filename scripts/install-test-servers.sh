#!/bin/sh
# Installs, from the distribution, the real servers that the tests start: OpenLDAP, 389 Directory Server,
# Samba (as an Active Directory domain controller), PostgreSQL, and what sites put around that: pgbouncer, Patroni with
# etcd; Prometheus' promtool, which tests the alert rules; LemonLDAP::NG with starman, an OpenID provider and a SAML
# identity provider, SimpleSAMLphp with PHP, another of these, and Chromium, in which people log in; the headers of
# xmlsec and the command xmlsec1; and for the feature `gssapi` MIT Kerberos: a server, kinit, the library's headers, and
# libclang, which reads them.
#
# Debian and Ubuntu only; elsewhere it says what is missing. Does nothing when all is there.
# It starts no service, and sees to it that the packages start none: slapd is installed without a
# directory and PostgreSQL without a cluster, so neither has anything to serve. The tests make their
# own, on free loopback ports in temporary folders.
set -eu

# PostgreSQL's servers are not in PATH on Debian: /usr/lib/postgresql/VERSION/bin.
postgres_binary() {
    command -v initdb && return
    for candidate in /usr/lib/postgresql/*/bin/initdb; do
        if [ -x "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

# What bindgen loads: libclang.so or libclang-14.so, wherever the compiler's packages put it.
libclang() {
    for candidate in /usr/lib/llvm-*/lib/libclang*.so /usr/lib/*/libclang*.so /usr/lib*/libclang*.so; do
        if [ -e "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

# slapd is in /usr/sbin, which is not in everybody's PATH.
PATH="$PATH:/usr/sbin:/sbin"

packages=""
apart=""
command -v slapd >/dev/null || packages="$packages slapd"
command -v ns-slapd >/dev/null || packages="$packages 389-ds-base"
if ! command -v samba >/dev/null || ! command -v ldbmodify >/dev/null; then
    packages="$packages samba samba-dsdb-modules samba-vfs-modules ldb-tools"
    # Where a release has these apart.
    apart="samba-ad-dc samba-ad-provision"
fi
command -v ldapmodify >/dev/null || packages="$packages ldap-utils"
command -v openssl >/dev/null || packages="$packages openssl"
command -v kinit >/dev/null || packages="$packages krb5-user"
command -v krb5kdc >/dev/null || packages="$packages krb5-kdc"
command -v kadmin.local >/dev/null || packages="$packages krb5-admin-server"
[ -n "$(find /usr/lib* -path '*sasl2/libgssapiv2.so*' 2>/dev/null)" ] || packages="$packages libsasl2-modules-gssapi-mit"
if ! command -v krb5-config >/dev/null || [ ! -e /usr/include/gssapi/gssapi_krb5.h ]; then
    packages="$packages libkrb5-dev"
fi
libclang >/dev/null || packages="$packages libclang-dev"
command -v setpriv >/dev/null || packages="$packages util-linux"
postgres_binary >/dev/null || packages="$packages postgresql"
command -v pgbouncer >/dev/null || packages="$packages pgbouncer"
command -v patroni >/dev/null || packages="$packages patroni"
command -v etcd >/dev/null || packages="$packages etcd-server"
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
    # Without a font, a page has no text that can be pressed.
    packages="$packages chromium fonts-dejavu-core"
fi
# What its portal needs without saying so (it only recommends it), where people are those of a directory.
[ -e /usr/share/perl5/Lemonldap/NG/Portal/Main.pm ] || packages="$packages liblemonldap-ng-portal-perl"
command -v starman >/dev/null || packages="$packages starman"
for module in Convert::Base32 Crypt::OpenSSL::Bignum GD::SecurityImage IO::Socket::Timeout IO::String IPC::Run \
    Image::Magick Lasso Net::LDAP String::Random Unicode::String XML::Simple; do
    if ! perl -M"$module" -e 1 2>/dev/null; then
        packages="$packages lib$(echo "$module" | sed 's/::/-/g' | tr '[:upper:]' '[:lower:]')-perl"
    fi
done
# PHP's own server runs it; the package wants a web server, which serves nothing here.
[ -e /usr/share/simplesamlphp/www/saml2/idp/SSOService.php ] || packages="$packages simplesamlphp"
command -v php >/dev/null || packages="$packages php-cli"
php -m 2>/dev/null | grep -qx dom || packages="$packages php-xml"
command -v xmlsec1 >/dev/null || packages="$packages xmlsec1"
command -v pkg-config >/dev/null || packages="$packages pkg-config"
pkg-config --exists xmlsec1-openssl 2>/dev/null || packages="$packages libxmlsec1-dev"
command -v promtool >/dev/null || packages="$packages prometheus"

if [ -z "$packages" ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "The tests need servers that are not installed here. Debian calls the packages:$packages" >&2
    echo "Install them with this system's package manager and try again." >&2
    exit 1
fi

if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need servers that are not installed here. As root, run:" >&2
    echo "    apt-get update && apt-get install --yes --no-install-recommends$packages $apart" >&2
    echo "or this script, which also keeps the packages from starting services: sudo $0" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive

case "$packages" in
*slapd*)
    # An answer for slapd alone: install the program, make no directory.
    echo "slapd slapd/no_configuration boolean true" | debconf-set-selections
    ;;
esac

# Asked before any package starts what it brings (Debian Policy 9.3.3).
no_start=""
if [ ! -e /usr/sbin/policy-rc.d ]; then
    no_start=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$no_start"
    chmod 755 "$no_start"
fi

# postgresql-common reads this folder before it makes the first cluster.
no_cluster=""
case "$packages" in
*postgresql*)
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        no_cluster=/etc/postgresql-common/createcluster.d/rosterd-tests.conf
        mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" >"$no_cluster"
    fi
    ;;
esac

trap 'rm -f $no_start $no_cluster' EXIT

echo "Installing:$packages" >&2
apt-get update -qq
for package in $apart; do
    if apt-cache show "$package" 2>/dev/null | grep -q '^Version:'; then
        packages="$packages $package"
    fi
done
# shellcheck disable=SC2086 # one word a package
apt-get install --yes --no-install-recommends -qq $packages </dev/null >&2
