//! One installation: a configuration, a database, and the program run on them.

use super::company::group_dn;
use super::database::{Backend, Database};
use super::rosterd::{self, Outcome, Running};
use super::slapd::{READER, SUFFIX, Slapd};
use super::tables::Tables;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(Debug)]
pub struct Site {
    dir: TempDir,
    pub database: Database,
    /// Organizations that once had an active Admin, as far as a test looked (N4).
    administered: RefCell<BTreeSet<String>>,
    /// Environment variables of each run.
    surroundings: RefCell<Vec<(String, String)>>,
}

impl Site {
    /// With a new database and this configuration; see [`Site::configure`].
    pub fn new(backend: Backend, config: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let database = Database::new(backend, dir.path());
        Self::on(database, dir, config)
    }

    /// With a database that is there already.
    pub fn on(database: Database, dir: TempDir, config: &str) -> Self {
        let site = Self { dir, database, administered: RefCell::default(), surroundings: RefCell::default() };
        site.secret("reader.pw", READER.1);
        site.configure(config);
        site
    }

    /// Replaces the configuration; the version and the database are put in front.
    pub fn configure(&self, config: &str) {
        let text = format!("version = 1\n[database]\nurl = {:?}\n{config}", self.database.url());
        self.write("rosterd.toml", &text);
    }

    /// A file beside the configuration.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A file that only its owner reads.
    pub fn secret(&self, name: &str, text: &str) {
        let path = self.write(name, text);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs `rosterd --config rosterd.toml` with these arguments.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.start(args, &[]).wait()
    }

    /// The same, with environment variables, not waited for.
    pub fn start(&self, args: &[&str], env: &[(&str, &str)]) -> Running {
        let args: Vec<&str> = ["--config", "rosterd.toml"].iter().chain(args).copied().collect();
        let surroundings = self.surroundings.borrow();
        let mut all: Vec<_> = surroundings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend_from_slice(env);
        rosterd::start(self.dir.path(), &args, &all)
    }

    /// Each run from now on has this environment variable.
    pub fn surround(&self, name: &str, value: &str) {
        self.surroundings.borrow_mut().push((name.to_owned(), value.to_owned()));
    }

    /// Runs a sync that must end with this exit code.
    #[track_caller]
    pub fn sync(&self, code: i32) -> Outcome {
        let outcome = self.run(&["sync"]).expect(code);
        self.administered();
        outcome
    }

    /// What an application sees now.
    pub fn tables(&self) -> Tables {
        self.database.tables()
    }

    /// Organizations in which somebody active is Admin now.
    pub fn administered(&self) -> BTreeSet<String> {
        let sql = "SELECT DISTINCT o.name FROM org_members m \
             JOIN orgs o ON o.id = m.org_id JOIN users u ON u.id = m.user_id WHERE m.role = 'Admin' AND u.state = 'active'";
        let now: BTreeSet<String> = self.database.rows(sql).concat().into_iter().collect();
        self.administered.borrow_mut().extend(now.iter().cloned());
        now
    }

    /// Organizations that once had an active Admin.
    pub fn once_administered(&self) -> BTreeSet<String> {
        self.administered.borrow().clone()
    }
}

/// A provider that reads a slapd of this world as its reader; `more` goes into its `ldap` part.
pub fn slapd_provider(name: &str, url: &str, more: &str) -> String {
    let (reader, _) = READER;
    format!(
        r#"
[providers.{name}]
create_missing = ["orgs", "teams"]
[providers.{name}.ldap]
urls = ["{url}"]
timeout = "5s"
page_size = 400
bind = {{ dn = "{reader}", password = {{ file = "reader.pw" }} }}
users = {{ base = ["{SUFFIX}"] }}
groups = {{ base = ["ou=groups,{SUFFIX}"] }}
{more}
"#
    )
}

/// A directory with one person, `ann`, in the group `operators`; and the provider `corp` that reads it each second, which
/// links her by her address or her login, with a rule that puts operators into a team.
pub fn operators() -> (Slapd, String) {
    let dn = format!("uid=ann,ou=people,{SUFFIX}");
    let slapd = Slapd::start(&format!(
        "dn: {dn}\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: Ann\nmail: Ann@example.org\n\n\
         dn: {}\nobjectClass: groupOfNames\ncn: operators\nmember: {dn}\n\n",
        group_dn("operators")
    ));
    let linked = "[providers.corp]\nevery = \"1s\"\nlink.by = [\"email\", \"login\"]\n";
    let provider = slapd_provider("corp", &slapd.url(), "").replace("[providers.corp]\n", linked);
    let rule = "[[rules]]\nid = \"operators\"\nmatch.group = \"operators\"\norg = \"Main\"\nteam = \"operators\"\n";
    (slapd, provider + rule)
}
