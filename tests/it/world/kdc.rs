//! A key distribution centre of MIT Kerberos, for a realm of its own: on a free port, as the current user. Stopped on
//! drop.

use super::{end, free_port, listens, wait_until};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The name under which a directory server is known to it.
pub const SERVER: &str = "ldap.example.org";

#[derive(Debug)]
pub struct Kdc {
    dir: TempDir,
    running: Option<Child>,
}

impl Kdc {
    /// A realm that knows the account `reader` and the service `ldap` on [`SERVER`].
    pub fn start() -> Self {
        let mut kdc = Self { dir: TempDir::new().unwrap(), running: None };
        let port = free_port();
        let dir = kdc.dir.path().display().to_string();
        let conf = format!(
            "[kdcdefaults]\nkdc_listen = 127.0.0.1:{port}\nkdc_tcp_listen = 127.0.0.1:{port}\n[realms]\nEXAMPLE.ORG = {{\n\
             database_name = {dir}/principal\nkey_stash_file = {dir}/stash\nacl_file = {dir}/acl\n}}\n"
        );
        std::fs::write(kdc.dir.path().join("kdc.conf"), conf).unwrap();
        krb5_conf(kdc.dir.path(), port);
        kdc.does("kdb5_util", &["create", "-s", "-P", "master", "-r", "EXAMPLE.ORG"]);
        for principal in ["reader", &format!("ldap/{SERVER}")] {
            kdc.does("kadmin.local", &["addprinc", "-randkey", principal]);
        }
        let mut command = kdc.command("krb5kdc");
        let log = std::fs::File::create(kdc.dir.path().join("log")).unwrap();
        kdc.running = Some(command.arg("-n").stdout(Stdio::null()).stderr(log).spawn().unwrap());
        assert!(wait_until(20, || listens(port)), "krb5kdc does not start");
        kdc
    }

    /// A file of the keys of that principal.
    pub fn keytab(&self, principal: &str) -> PathBuf {
        let file = self.dir.path().join(principal.replace('/', "-") + ".keytab");
        self.does("kadmin.local", &["ktadd", "-norandkey", "-k", file.to_str().unwrap(), principal]);
        file
    }

    pub fn krb5_conf(&self) -> PathBuf {
        self.dir.path().join("krb5.conf")
    }

    fn does(&self, tool: &str, args: &[&str]) {
        let done = self.command(tool).args(args).output().unwrap();
        assert!(done.status.success(), "{tool}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Debian puts them where an ordinary user's PATH does not look.
    fn command(&self, name: &str) -> Command {
        let path = Path::new("/usr/sbin").join(name);
        assert!(path.exists(), "{} is missing: run scripts/install-test-servers.sh", path.display());
        let mut command = Command::new(path);
        command.env("KRB5_CONFIG", self.krb5_conf()).env("KRB5_KDC_PROFILE", self.dir.path().join("kdc.conf"));
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Kdc {
    fn drop(&mut self) {
        self.running.take().into_iter().for_each(end);
    }
}

/// A `krb5.conf` in that folder for a realm on that port, which asks nobody for names.
pub fn krb5_conf(dir: &Path, port: u16) -> PathBuf {
    let file = dir.join("krb5.conf");
    let text = format!(
        "[libdefaults]\ndefault_realm = EXAMPLE.ORG\ndns_lookup_kdc = false\ndns_lookup_realm = false\nrdns = false\n\
         dns_canonicalize_hostname = false\n[realms]\nEXAMPLE.ORG = {{\nkdc = 127.0.0.1:{port}\n}}\n\
         [domain_realm]\n.example.org = EXAMPLE.ORG\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}
