//! OpenLDAP's slapd as an ordinary site runs it: paging needed above 500 entries for a reader,
//! none for the administrator. Started on free ports as the current user, stopped on drop.

use super::ca::{Ca, Certificate};
use super::kdc::SERVER;
use super::{end, free_port, listens, wait_until};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub const SUFFIX: &str = "dc=example,dc=org";
pub const ADMIN: (&str, &str) = ("cn=admin,dc=example,dc=org", "admin-pw");
/// Whom rosterd signs in as.
pub const READER: (&str, &str) = ("cn=reader,dc=example,dc=org", "reader-pw");

/// What stands above people and groups.
pub const TREE: &str = "\
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=moved,dc=example,dc=org
objectClass: organizationalUnit
ou: moved

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: cn=reader,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-pw

";

/// Access for everybody but the administrator, in the order in which slapd tries it.
pub const READ_ALL: &str = "access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none";
/// The reader can sign in, and finds nothing: result 0, no entries.
pub const READ_NOTHING: &str = "access to attrs=userPassword by anonymous auth by * none
access to * by * none";

#[derive(Debug)]
pub struct Slapd {
    dir: TempDir,
    port: u16,
    tls_port: u16,
    tls: Option<(PathBuf, Certificate)>,
    /// The keys of its service, where it takes tickets.
    keytab: Option<PathBuf>,
    access: String,
    /// How it tells of changes; empty for not at all.
    sync: &'static str,
    running: Option<Child>,
}

/// It tells of none.
pub const NO_SYNC: &str = "";
/// It remembers the last changes, and says who is gone.
pub const SYNC_LOG: &str = "overlay syncprov\nsyncprov-sessionlog 10000\n";
/// It remembers none, and says who is left.
pub const SYNC_PRESENT: &str = "overlay syncprov\n";

impl Slapd {
    /// A directory that holds `entries` (LDIF; `entryUUID` may be given) below [`SUFFIX`].
    pub fn start(entries: &str) -> Self {
        Self::start_with(entries, None)
    }

    /// The same, and it tells of changes (RFC 4533).
    pub fn start_telling(entries: &str, sync: &'static str) -> Self {
        Self::start_as(entries, None, sync)
    }

    /// The same with TLS: the authority that clients are to believe, and the server's certificate.
    pub fn start_with(entries: &str, tls: Option<(&Ca, Certificate)>) -> Self {
        Self::start_as(entries, tls, "")
    }

    /// The same, and it takes tickets; over TLS those that are tied to its certificate.
    pub fn with_kerberos(entries: &str, tls: (&Ca, Certificate), keytab: PathBuf) -> Self {
        Self::start_all(entries, Some(tls), "", Some(keytab))
    }

    fn start_as(entries: &str, tls: Option<(&Ca, Certificate)>, sync: &'static str) -> Self {
        Self::start_all(entries, tls, sync, None)
    }

    fn start_all(entries: &str, tls: Option<(&Ca, Certificate)>, sync: &'static str, keytab: Option<PathBuf>) -> Self {
        let tls = tls.map(|(ca, certificate)| (ca.file(), certificate));
        let mut slapd = Self {
            dir: TempDir::new().unwrap(),
            port: 0,
            tls_port: 0,
            tls,
            keytab,
            access: READ_ALL.to_owned(),
            sync,
            running: None,
        };
        std::fs::create_dir(slapd.dir.path().join("db")).unwrap();
        slapd.configure();
        slapd.load(entries);
        for _ in 0..5 {
            (slapd.port, slapd.tls_port) = (free_port(), free_port());
            if slapd.try_start() {
                return slapd;
            }
        }
        panic!("slapd does not start: {}", std::fs::read_to_string(slapd.dir.path().join("log")).unwrap());
    }

    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    pub fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// A Unix socket; whoever runs the test is the administrator there (SASL EXTERNAL).
    pub fn socket_url(&self) -> String {
        format!("ldapi://{}", self.dir.path().join("socket").display().to_string().replace('/', "%2F"))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// Ends it; the data stays.
    pub fn stop(&mut self) {
        self.running.take().into_iter().for_each(end);
    }

    /// Stops the process where it is: it holds its connections and answers nothing (SIGSTOP).
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// After [`Self::pause`].
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.running.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Starts it again on the same ports.
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// After [`Self::stop`].
    pub fn start_again(&mut self) {
        self.configure();
        assert!(self.try_start(), "slapd does not start again");
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Restarts it with other access rules, such as [`READ_NOTHING`].
    pub fn set_access(&mut self, access: &str) {
        access.clone_into(&mut self.access);
        self.restart();
    }

    /// Restarts it with another certificate.
    pub fn set_certificate(&mut self, certificate: Certificate) {
        self.tls.as_mut().unwrap().1 = certificate;
        self.restart();
    }

    fn configure(&self) {
        let dir = self.dir.path().display();
        let tls = self.tls.as_ref().map_or(String::new(), |(ca, server)| {
            format!(
                "TLSCACertificateFile {}\nTLSCertificateFile {}\nTLSCertificateKeyFile {}\nTLSVerifyClient try\n",
                ca.display(),
                server.cert.display(),
                server.key.display()
            )
        });
        let sasl = self.keytab.as_ref().map_or(String::new(), |_| {
            format!("sasl-host {SERVER}\nsasl-realm EXAMPLE.ORG\nsasl-cbinding tls-endpoint\n")
        });
        let (admin, password) = ADMIN;
        let (reader, _) = READER;
        let text = format!(
            "modulepath /usr/lib/ldap
moduleload back_mdb.la
moduleload syncprov.la
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
pidfile {dir}/slapd.pid
{tls}{sasl}authz-regexp \"^gidNumber=[0-9]+[+]uidNumber=[0-9]+,cn=peercred,cn=external,cn=auth$\" \"{admin}\"
authz-regexp \"^cn=([^,]*)$\" \"cn=$1,{SUFFIX}\"
sizelimit size.soft=500 size.hard=500 size.pr=1000 size.prtotal=unlimited
database mdb
suffix {SUFFIX}
directory {dir}/db
maxsize 1073741824
dbnosync
rootdn {admin}
rootpw {password}
index objectClass,uid,cn,member eq
limits dn.exact={reader} size.soft=500 size.hard=500 size.pr=1000 size.prtotal=unlimited
{}
{}",
            self.access, self.sync
        );
        std::fs::write(self.dir.path().join("slapd.conf"), text).unwrap();
    }

    /// `slapadd -q` takes operational attributes as they are and loads 10,000 entries in a second.
    fn load(&self, entries: &str) {
        let mut child = Command::new(slapd_command("slapadd"))
            .args(["-q", "-f", "slapd.conf", "-b", SUFFIX])
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(TREE.as_bytes()).unwrap();
        input.write_all(entries.as_bytes()).unwrap();
        drop(input);
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "slapadd: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn try_start(&mut self) -> bool {
        let log = std::fs::File::create(self.dir.path().join("log")).unwrap();
        let mut urls = format!("{} {}", self.url(), self.socket_url());
        if self.tls.is_some() {
            urls.push(' ');
            urls.push_str(&self.tls_url());
        }
        // `-d 0` keeps it in the foreground, so that the child is the server.
        let mut child = Command::new(slapd_command("slapd"))
            .envs(self.keytab.iter().map(|keytab| ("KRB5_KTNAME", keytab)))
            .args(["-f", "slapd.conf", "-h", &urls, "-d", "0"])
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let ready = wait_until(20, || listens(self.port) || child.try_wait().unwrap().is_some());
        let alive = child.try_wait().unwrap().is_none();
        self.running = Some(child);
        if !(ready && alive) {
            self.stop();
        }
        ready && alive
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Debian puts the servers where an ordinary user's PATH does not look.
fn slapd_command(name: &str) -> PathBuf {
    let path = Path::new("/usr/sbin").join(name);
    assert!(path.exists(), "{} is missing: run scripts/install-test-servers.sh", path.display());
    path
}
