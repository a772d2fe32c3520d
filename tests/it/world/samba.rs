//! Samba as an Active Directory domain controller, on an address of its own: its ports cannot be chosen, so it
//! wants to be root. The domain is made once for all tests, and each starts from a copy. Stopped on drop.

use super::ca::{Ca, Certificate};
use super::company::{Company, Person, group_dn};
use super::ldap_edit::{Edited, copy_folder};
use super::slapd::{READER, SUFFIX};
use super::{end, wait_until};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use tempfile::TempDir;

const ADMIN: (&str, &str) = ("cn=administrator,cn=users,dc=example,dc=org", "Admin-pw-1");
/// Whom rosterd signs in as: may read, and nothing else until [`Samba::allow_feeds`].
pub const AD_READER: (&str, &str) = ("cn=reader,cn=users,dc=example,dc=org", READER.1);
const SERVER: &str = "/usr/sbin/samba";

/// A domain with two organizational units and nobody in them, packed.
static DOMAIN: OnceLock<Vec<u8>> = OnceLock::new();
static ADDRESSES: AtomicU16 = AtomicU16::new(1);

#[derive(Debug)]
pub struct Samba {
    dir: TempDir,
    address: String,
    running: Option<Child>,
    /// Lines of its settings.
    settings: String,
}

/// What a domain with Kerberos is besides.
#[derive(Debug, Clone, Copy)]
pub struct Kerberos<'a> {
    /// It lets nobody in who does not encrypt.
    pub strict: bool,
    pub tls: Option<(&'a Ca, &'a Certificate)>,
}

/// As what Kerberos knows the domain controller.
pub const DC: &str = "dc1.example.org";

impl Samba {
    /// Whether it is installed and may be started here.
    pub fn is_there() -> bool {
        Path::new(SERVER).exists() && TcpListener::bind(("127.0.0.1", 389)).is_ok()
    }

    /// A domain with this company, in `DC=example,DC=org`.
    pub fn start(company: &Company) -> Self {
        let dir = TempDir::new().unwrap();
        unpack(DOMAIN.get_or_init(domain), dir.path());
        let mut server = Self { dir, address: address(), running: None, settings: CLEAR.to_owned() };
        server.offline("ldbmodify", &[], &entries(company));
        server.run();
        server
    }

    /// Another domain controller, with what this one had when it was saved.
    pub fn beside(&self, copy: &TempDir) -> Self {
        let dir = TempDir::new().unwrap();
        unpack(DOMAIN.get_or_init(domain), dir.path());
        let mut server = Self { dir, address: address(), settings: self.settings.clone(), running: None };
        std::fs::remove_dir_all(server.data()).unwrap();
        copy_folder(copy.path(), &server.data());
        let own = "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration";
        let id = "invocationId: 11111111-2222-3333-4444-555555555555";
        let change = format!("dn: {own},{SUFFIX}\nchangetype: modify\nreplace: invocationId\n{id}\n");
        server.offline("ldbmodify", &["--relax"], &change);
        server.run();
        server
    }

    /// The same, which also hands out tickets.
    pub fn with_kerberos(company: &Company, how: Kerberos<'_>) -> Self {
        let mut server = Self::start(company);
        server.stop();
        let strict = if how.strict { "allow_sasl_over_tls" } else { "no" };
        server.settings = format!("server services = ldap kdc\nldap server require strong auth = {strict}\n");
        server.settings += &how.tls.map_or("tls enabled = no\n".to_owned(), |(ca, Certificate { cert, key })| {
            let (ca, cert, key) = (ca.file(), cert.display(), key.display());
            format!("tls enabled = yes\ntls cafile = {}\ntls certfile = {cert}\ntls keyfile = {key}\n", ca.display())
        });
        samba_tool(server.dir.path(), &["spn", "add", &format!("ldap/{DC}"), "DC1$"]);
        server.run();
        server
    }

    /// A file of the keys of that account.
    pub fn keytab(&self, account: &str) -> PathBuf {
        let file = self.dir.path().join(format!("{account}.keytab"));
        let conf = self.dir.path().join("etc/smb.conf");
        let principal = format!("--principal={account}@EXAMPLE.ORG");
        run(tool("samba-tool").args(["domain", "exportkeytab"]).arg(&file).arg(principal).arg("-s").arg(conf));
        file
    }

    /// A new password, so that keytabs made until now are of no use.
    pub fn new_password(&self, account: &str) {
        samba_tool(self.dir.path(), &["user", "setpassword", account, "--newpassword=another-1"]);
    }

    /// A `krb5.conf` for this domain, which asks nobody for names.
    pub fn krb5_conf(&self) -> PathBuf {
        let file = self.dir.path().join("krb5.conf");
        let text = format!(
            "[libdefaults]\ndefault_realm = EXAMPLE.ORG\ndns_lookup_kdc = false\ndns_lookup_realm = false\n\
             rdns = false\ndns_canonicalize_hostname = false\n\
             [realms]\nEXAMPLE.ORG = {{\nkdc = {address}\n}}\n[domain_realm]\n.example.org = EXAMPLE.ORG\n",
            address = self.address
        );
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Where it listens, without a port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Gives the reader the rights to follow changes: to replicate, and to see what was deleted.
    pub fn allow_feeds(&self) {
        let (reader, _) = AD_READER;
        let (domain, reader) = (format!("--objectdn={SUFFIX}"), format!("--trusteedn={reader}"));
        samba_tool(self.dir.path(), &["dsacl", "set", "--action=allow", "--car=get-changes", &domain, &reader]);
        let sid = self.sid("reader");
        let acl = format!("O:BAG:SYD:PAI(A;;RPWPCCDCLCRCWOWDSDSW;;;SY)(A;;RPLC;;;BA)(A;CI;RPLC;;;{sid})");
        self.offline(
            "ldbmodify",
            &["--show-deleted", "--show-recycled"],
            &format!(
                "dn: CN=Deleted Objects,{SUFFIX}\nchangetype: modify\nreplace: nTSecurityDescriptor\n\
                 nTSecurityDescriptor: {acl}\n"
            ),
        );
    }

    /// The SID of an account or a group, as text.
    pub fn sid(&self, account: &str) -> String {
        let filter = format!("(sAMAccountName={account})");
        let out = self.offline("ldbsearch", &[&filter, "objectSid"], "");
        let line = out.lines().find_map(|line| line.strip_prefix("objectSid: "));
        line.unwrap_or_else(|| panic!("{account} has no SID: {out}")).to_owned()
    }

    fn offline(&self, tool: &str, args: &[&str], input: &str) -> String {
        offline(self.dir.path(), tool, args, input)
    }

    fn run(&mut self) {
        std::fs::write(self.dir.path().join("etc/smb.conf"), settings(self.dir.path(), &self.address) + &self.settings)
            .unwrap();
        for folder in ["run/ncalrpc", "run/winbindd", "run/ntp"] {
            std::fs::create_dir_all(self.dir.path().join(folder)).unwrap();
        }
        let log = std::fs::File::create(self.dir.path().join("out")).unwrap();
        let mut child = Command::new(SERVER)
            .args(["-F", "--no-process-group", "-M", "single", "-s"])
            .arg(self.dir.path().join("etc/smb.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let answers = || std::net::TcpStream::connect((self.address.as_str(), 389)).is_ok();
        let ready = wait_until(60, || answers() || child.try_wait().unwrap().is_some());
        let alive = child.try_wait().unwrap().is_none();
        self.running = Some(child);
        let file = |name: &str| std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default();
        let said = || file("out") + &file("log.samba");
        assert!(ready && alive, "samba does not start: {}", said());
    }

    fn stop(&mut self) {
        self.running.take().into_iter().for_each(end);
    }
}

impl Edited for Samba {
    fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    fn admin(&self) -> (&str, &str) {
        ADMIN
    }

    fn stop(&mut self) {
        Self::stop(self);
    }

    fn start_again(&mut self) {
        self.run();
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("private")
    }

    fn person(&self, login: &str) -> String {
        format!("cn={login},ou=people,{SUFFIX}")
    }

    fn person_entry(&self, person: &Person) -> String {
        entry(person)
    }

    fn rename_person(&self, old: &str, new: &str) {
        self.rename(&self.person(old), &format!("cn={new}"), None);
        let dn = self.person(new);
        self.modify(&format!("dn: {dn}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: {new}\n"));
    }

    fn links(&self) -> bool {
        true
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One on which nobody serves LDAP.
fn address() -> String {
    loop {
        let n = ADDRESSES.fetch_add(1, Ordering::Relaxed);
        let [high, low] = n.to_be_bytes();
        let own = std::process::id() % 200 + 20;
        let address = format!("127.{own}.{high}.{}", low.max(1));
        if TcpListener::bind((address.as_str(), 389)).is_ok() {
            return address;
        }
    }
}

/// Passwords in clear text, and nothing but LDAP.
const CLEAR: &str = "server services = ldap\ntls enabled = no\nldap server require strong auth = no\n";

fn settings(dir: &Path, address: &str) -> String {
    let dir = dir.display();
    format!(
        "[global]
netbios name = DC1
realm = EXAMPLE.ORG
workgroup = EXAMPLE
server role = active directory domain controller
dcerpc endpoint servers =
interfaces = {address}/8
bind interfaces only = yes
private dir = {dir}/private
state directory = {dir}/state
cache directory = {dir}/cache
lock directory = {dir}
binddns dir = {dir}/bind-dns
pid directory = {dir}/run
ncalrpc dir = {dir}/run/ncalrpc
winbindd socket directory = {dir}/run/winbindd
ntp signd socket directory = {dir}/run/ntp
log file = {dir}/log.samba
logging = file
dns update command = /bin/true
spn update command = /bin/true
gpo update command = /bin/true
posix:eadb = {dir}/eadb.tdb
"
    )
}

/// A new domain, packed.
fn domain() -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    let at = dir.path();
    std::fs::write(at.join("empty.conf"), "").unwrap();
    let (_, password) = ADMIN;
    let place = |name: &str| at.join(name).display().to_string();
    let (conf, target, eadb) = (place("empty.conf"), at.display(), place("eadb.tdb"));
    run(tool("samba-tool")
        .args(["domain", "provision", "--realm=EXAMPLE.ORG", "--domain=EXAMPLE", "--host-name=dc1"])
        .args(["--host-ip=127.0.0.1", "--server-role=dc", "--dns-backend=SAMBA_INTERNAL"])
        .args(["--function-level=2008_R2", "--option=interfaces=127.0.0.1/8", "--option=bind interfaces only=yes"])
        .arg("--option=vfs objects=dfs_samba4 acl_xattr")
        .args([format!("--configfile={conf}"), format!("--targetdir={target}"), format!("--adminpass={password}")])
        .arg(format!("--option=posix:eadb={eadb}")));
    let plain = ["--complexity=off", "--min-pwd-length=1", "--min-pwd-age=0", "--max-pwd-age=0"];
    samba_tool(at, &[&["domain", "passwordsettings", "set"][..], &plain].concat());
    samba_tool(at, &["user", "create", "reader", READER.1, "--use-username-as-cn"]);
    let unit = |name: &str| format!("dn: ou={name},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    offline(at, "ldbadd", &[], &["people", "moved", "groups"].map(unit).concat());
    let packed = Command::new("tar").args(["-cf", "-", "-C"]).arg(at).arg(".").output().unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    packed.stdout
}

fn unpack(packed: &[u8], into: &Path) {
    let mut child = Command::new("tar").args(["-xf", "-", "-C"]).arg(into).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(packed).unwrap();
    assert!(child.wait().unwrap().success());
}

fn samba_tool(dir: &Path, args: &[&str]) {
    run(tool("samba-tool").args(args).arg("-H").arg(sam(dir)).arg("-s").arg(dir.join("etc/smb.conf")));
}

/// One of the tools that write to the files of the database.
fn offline(dir: &Path, name: &str, args: &[&str], input: &str) -> String {
    let file = dir.join("input.ldif");
    std::fs::write(&file, input).unwrap();
    let mut command = tool(name);
    command.arg("-H").arg(sam(dir)).args(args);
    if !input.is_empty() {
        command.arg(&file);
    }
    run(&mut command)
}

fn sam(dir: &Path) -> PathBuf {
    dir.join("private/sam.ldb")
}

/// They are written in the system's Python.
fn tool(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

fn run(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A company as Active Directory has it.
fn entries(company: &Company) -> String {
    let mut out = String::new();
    for person in company.people.iter().filter(|person| !person.gone) {
        out += &entry(person);
    }
    let mut members = String::new();
    for group in &company.groups {
        let (dn, name) = (group_dn(&group.name), &group.name);
        writeln!(out, "dn: {dn}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\n").unwrap();
        writeln!(members, "dn: {dn}\nchangetype: modify\nadd: member").unwrap();
        for person in &group.people {
            writeln!(members, "member: cn={},ou=people,{SUFFIX}", company.people[*person].login).unwrap();
        }
        for inner in &group.groups {
            writeln!(members, "member: {}", group_dn(&company.groups[*inner].name)).unwrap();
        }
        members.push('\n');
    }
    out + &members
}

fn entry(person: &Person) -> String {
    let Person { login, name, email, .. } = person;
    format!(
        "dn: cn={login},ou=people,{SUFFIX}\nchangetype: add\nobjectClass: user\nsAMAccountName: {login}\ndisplayName: {name}\n\
         mail: {email}\nuserAccountControl: 544\n\n"
    )
}
