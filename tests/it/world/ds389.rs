//! 389 Directory Server, made from the template that it brings, in a temporary folder and without its own
//! tools, which want /etc and a service manager. Stopped on drop.

use super::ldap_edit::Edited;
use super::slapd::{READER, SUFFIX, TREE};
use super::{end, free_port, listens, wait_until};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const ADMIN: (&str, &str) = ("cn=Directory Manager", "admin-pw");
/// What Debian's package brings.
const SERVER: &str = "/usr/sbin/ns-slapd";
const TEMPLATE: &str = "/usr/share/dirsrv/data/template-dse.ldif";
const SETTINGS: &str = "/etc/dirsrv";
/// Content synchronization rests on the retro changelog, which has to keep the entries' ids.
const PLUGINS: [&str; 2] = ["cn=Retro Changelog Plugin,", "cn=Content Synchronization,"];

/// The server says where it stands only behind all that there is.
const NO_LIMITS: &str = "cn: reader\nnsSizeLimit: -1\nnsLookThroughLimit: -1\nnsPagedSizeLimit: -1";

#[derive(Debug)]
pub struct Ds389 {
    dir: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Ds389 {
    /// Whether it is installed.
    pub fn is_there() -> bool {
        Path::new(SERVER).exists()
    }

    /// A directory that holds `entries` (LDIF) below [`SUFFIX`], with what they call `entryUUID` as their
    /// `nsUniqueId`. It tells of changes.
    pub fn start(entries: &str) -> Self {
        let mut server = Self { dir: TempDir::new().unwrap(), port: 0, running: None };
        for _ in 0..5 {
            server.port = free_port();
            server.configure();
            server.load(entries);
            if server.try_start() {
                return server;
            }
        }
        panic!("ns-slapd does not start: {}", std::fs::read_to_string(server.path("log/errors")).unwrap());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn configure(&self) {
        for folder in ["config/schema", "db/userroot", "log", "run", "inst", "lock", "ldif", "bak", "tmp", "cert"] {
            std::fs::create_dir_all(self.path(folder)).unwrap();
        }
        for (from, to) in [
            ("schema/99user.ldif", "config/schema/99user.ldif"),
            ("config/slapd-collations.conf", "config/slapd-collations.conf"),
        ] {
            std::fs::copy(Path::new(SETTINGS).join(from), self.path(to)).unwrap();
        }
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        let place = |name: &str| self.path(name).display().to_string();
        let (admin, password) = ADMIN;
        let mut text = std::fs::read_to_string(TEMPLATE).unwrap();
        for (key, value) in [
            ("schema_dir", place("config/schema")),
            ("lock_dir", place("lock")),
            ("tmp_dir", place("tmp")),
            ("cert_dir", place("cert")),
            ("ldif_dir", place("ldif")),
            ("bak_dir", place("bak")),
            ("run_dir", place("run")),
            ("inst_dir", place("inst")),
            ("log_dir", place("log")),
            ("config_dir", place("config")),
            ("db_dir", place("db")),
            ("db_home_dir", place("db")),
            ("db_lib", "bdb".to_owned()),
            ("fqdn", "localhost".to_owned()),
            ("ds_port", self.port.to_string()),
            ("ds_user", user.trim().to_owned()),
            ("rootdn", admin.to_owned()),
            ("ds_passwd", format!("{{CLEAR}}{password}")),
            ("ds_suffix", SUFFIX.to_owned()),
            ("instance_name", "test".to_owned()),
            ("ldapi_enabled", "off".to_owned()),
            ("ldapi_autobind", "off".to_owned()),
            ("ldapi", place("run/ldapi")),
        ] {
            text = text.replace(&format!("%{key}%"), &value);
        }
        let enabled = |entry: &str| match PLUGINS.iter().any(|name| entry.starts_with(&format!("dn: {name}"))) {
            true => entry.to_lowercase().replace("pluginenabled: off", "pluginenabled: on"),
            false => entry.to_owned(),
        };
        let mut entries: Vec<String> =
            text.trim_end().split("\n\n").map(|entry| enabled(entry.trim_matches('\n'))).collect();
        let log = entries.iter_mut().find(|entry| entry.contains("retro changelog plugin")).unwrap();
        log.push_str("\nnsslapd-attribute: nsuniqueid:targetUniqueId");
        entries.push(format!(
            "dn: cn=userroot,cn=ldbm database,cn=plugins,cn=config\nobjectClass: top\nobjectClass: extensibleObject\n\
             objectClass: nsBackendInstance\ncn: userroot\nnsslapd-suffix: {SUFFIX}\nnsslapd-directory: {}",
            place("db/userroot")
        ));
        entries.push(format!(
            "dn: cn={},cn=mapping tree,cn=config\nobjectClass: top\nobjectClass: extensibleObject\n\
             objectClass: nsMappingTree\ncn: {SUFFIX}\nnsslapd-state: backend\nnsslapd-backend: userroot\n",
            SUFFIX.replace('=', "\\3D").replace(',', "\\2C")
        ));
        std::fs::write(self.path("config/dse.ldif"), entries.join("\n\n")).unwrap();
    }

    fn load(&self, entries: &str) {
        let (reader, _) = READER;
        let may_read = format!(
            "dc: example\naci: (targetattr=\"*\")(version 3.0; acl \"reader\"; allow (read, search, compare) userdn=\"ldap:///{reader}\";)"
        );
        let ldif = TREE.replacen("dc: example", &may_read, 1).replacen("cn: reader", NO_LIMITS, 1) + &ids(entries);
        std::fs::write(self.path("ldif/all.ldif"), ldif).unwrap();
        let mut command = self.server(&["ldif2db"]);
        let done = command.args(["-n", "userroot", "-i"]).arg(self.path("ldif/all.ldif")).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "ns-slapd ldif2db: {said}");
    }

    fn server(&self, args: &[&str]) -> Command {
        let mut command = Command::new(SERVER);
        command.args(args).arg("-D").arg(self.path("config"));
        command
    }

    fn try_start(&mut self) -> bool {
        let mut command = self.server(&[]);
        command.arg("-i").arg(self.path("run/pid")).args(["-d", "0"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let ready = wait_until(60, || listens(self.port) || child.try_wait().unwrap().is_some());
        let alive = child.try_wait().unwrap().is_none();
        self.running = Some(child);
        if !(ready && alive) {
            self.stop();
        }
        ready && alive
    }

    /// Ends it; the data stays.
    pub fn stop(&mut self) {
        self.running.take().into_iter().for_each(end);
    }
}

/// `entryUUID: 0-1-2-3-4` as `nsUniqueId` is written: the same digits in four groups.
fn ids(entries: &str) -> String {
    let line = |line: &str| match line.strip_prefix("entryUUID: ") {
        None => line.to_owned(),
        Some(uuid) => {
            let digits = uuid.replace('-', "");
            format!("nsUniqueId: {}-{}-{}-{}", &digits[..8], &digits[8..16], &digits[16..24], &digits[24..])
        }
    };
    entries.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

impl Edited for Ds389 {
    fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    fn admin(&self) -> (&str, &str) {
        ADMIN
    }

    fn stop(&mut self) {
        Self::stop(self);
    }

    fn start_again(&mut self) {
        assert!(self.try_start(), "ns-slapd does not start again");
    }

    fn data(&self) -> PathBuf {
        self.path("db")
    }
}

impl Drop for Ds389 {
    fn drop(&mut self) {
        self.stop();
    }
}
